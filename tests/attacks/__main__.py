import sys

from tests.attacks.page import page

sys.stdout.write(page())
