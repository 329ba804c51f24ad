"""Made-up people and appeals whose truth is known: who is whom, and which matter is which.

It shares no table and no code with the normaliser that is measured on it, so that neither knows the
other's idea of spelling. `rates.toml` has every rate, `pools` every name and sentence.

Figures on these people are optimistic all the same:

- errors come independently of each other; a real clerk who mishears a surname mishears the
  patronymic too, and an old register has whole years written one way;
- a name has a few hundred stems that follow one law; real ones have villages with one surname,
  and rare names nobody put on a list;
- the pools don't grow with the number of people, which is unfavourable: chance namesakes grow
  faster than in a country;
- transliterations are regular but for a choice of letters; people's own spellings aren't;
- a field is missing by chance; in reality it is missing where the person is hard to reach;
- there are no spouses, no cousins of one name, no foreigners, no one whose identity number was
  typed into another's record;
- texts are made of a few wordings a clause. What separates two matters of one topic (street, house,
  sums, dates, names) is said in each appeal of the matter but for what was left out; real people
  forget more, and write about several things at once.

Models are fitted and tested on the same generator: compare methods by these figures, and don't
promise them to anyone.
"""

from tests.made_people.appeals import MadeAppeal, make_appeals
from tests.made_people.people import MadePerson, make_people

__all__ = ["MadeAppeal", "MadePerson", "make_appeals", "make_people"]
