"""The floor of a sweep: plain_run.py's one trial for each combination, on rows that are read and written once.

python benchmarks/plain_sweep.py v2 FOLDER 2 '[{"max_depth": 2}, {"max_depth": 4}]'    # version, folder, processes, trials

The processes are joblib's (loky), each with as many threads as there are cores for it. The ranking is printed, best first.
"""

import datetime as dt
import json
import sys
from pathlib import Path

from joblib import Parallel, delayed
from plain_run import training_rows, trial


def main(version, folder, processes, trials, as_of=dt.date(2025, 12, 1)):
    folder.mkdir(parents=True)
    table, contract = training_rows(as_of)
    table.write_parquet(folder / "training_set.parquet")
    run = Parallel(n_jobs=processes)
    found = run(
        delayed(trial)(version, folder / f"{place:03}", table, contract, **own)
        for place, own in enumerate(trials)
    )
    ranking = sorted(zip(found, trials, strict=True), key=lambda pair: -pair[0]["roc_auc"])
    print(json.dumps(ranking))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), json.loads(sys.argv[4]))
