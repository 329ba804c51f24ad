"""What Spark finds in an export of Parquet; runs in .venv-scale, prints JSON."""

import json
import sys
from typing import Any

from pyspark.sql import SparkSession

ASKED = {
    "cases": "SELECT kind, open, count(*) FROM cases GROUP BY 1, 2",
    "events": "SELECT month, activity, count(*) FROM events GROUP BY 1, 2",
    "occurrences": "SELECT month, occurrence, count(*), sum(amount) FROM occurrences GROUP BY 1, 2",
}


def totals(folder: str) -> dict[str, Any]:
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    try:
        found: dict[str, Any] = {}
        for table, question in ASKED.items():
            rows = spark.read.parquet(f"{folder}/{table}")
            rows.createOrReplaceTempView(table)
            found[table] = [list(row) for row in spark.sql(question).collect()]
            found[f"{table}_columns"] = rows.dtypes
        return found
    finally:
        spark.stop()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(totals(sys.argv[1]), default=str))
