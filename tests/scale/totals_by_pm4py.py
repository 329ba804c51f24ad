"""What pm4py finds in an event log in XES and in OCEL; runs in .venv-scale, prints JSON."""

import json
import sys
from typing import Any

import pm4py


def totals(xes: str, ocel: str) -> dict[str, Any]:
    log = pm4py.read_xes(xes)
    graph, starts, ends = pm4py.discover_dfg(log)
    objects = pm4py.read_ocel2_json(ocel)
    of_objects = pm4py.discover_ocdfg(objects)
    return {
        "cases": log["case:concept:name"].nunique(),
        "events": len(log),
        "activities": log["concept:name"].value_counts().to_dict(),
        "resources": log["org:resource"].nunique(),
        "follows": sorted([first, then, count] for (first, then), count in graph.items()),
        "starts": starts,
        "ends": ends,
        "object_events": len(objects.events),
        "object_activities": objects.events["ocel:activity"].value_counts().to_dict(),
        "objects": objects.objects["ocel:type"].value_counts().to_dict(),
        "follows_of_objects": {
            kind: sorted([first, then, len(pairs)] for (first, then), pairs in edges.items())
            for kind, edges in of_objects["edges"]["event_couples"].items()
        },
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(totals(*sys.argv[1:])))
