"""The verdicts on a model of several classes: log loss, accuracy, and the probabilities of each class."""

from ml_assets.pipelines.tabular.monitoring.change import Rows, careful_change, too_few_entities
from ml_assets.pipelines.tabular.monitoring.decide import calibration_test, too_few
from ml_assets.pipelines.tabular.monitoring.look import Look
from ml_assets.pipelines.tabular.monitoring.verdicts import CalibrationTest, ClassCalibration, ClassVerdicts

NO_CLASS = "no class has enough entities with and without it"


def verdicts_of_classes(
    current: Rows,
    reference: Rows | None,
    *,
    noun: str,
    look: Look,
    classes: tuple[str, ...],
) -> ClassVerdicts:
    """All of them; the arguments are those of `decide.verdicts_of`, and the names of the classes."""
    if reason := too_few_entities(current, noun):
        return ClassVerdicts.not_known(reason)
    calibration = class_calibration(current, reference, noun=noun, look=look, classes=classes)
    if reference is not None and (few := too_few_entities(reference, noun)):
        found = ClassVerdicts.not_known(f"of the evaluation: {few}")
        return found.model_copy(update={"calibration": calibration})
    return ClassVerdicts(
        log_loss=careful_change("log_loss", current, reference, error=look.error),
        accuracy=careful_change("accuracy", current, reference, error=look.error),
        calibration=calibration,
    )


def class_calibration(
    current: Rows, reference: Rows | None, *, noun: str, look: Look, classes: tuple[str, ...]
) -> ClassCalibration:
    """Whether each class happens as often as its probabilities say; all tests share the error of the look."""
    share = look.model_copy(update={"error": look.error / len(classes)})
    tests: dict[str, CalibrationTest] = {}
    for place, name in enumerate(classes):
        rows = _against_the_rest(current, place)
        if too_few(rows, noun):
            continue
        before = None if reference is None else _against_the_rest(reference, place)
        known = before is None or not too_few(before, noun)
        tests[name] = calibration_test(rows, before if known else None, look=share)
    if not tests:
        return ClassCalibration(reason=NO_CLASS)
    worse = any(test.verdict == "worse" for test in tests.values())
    return ClassCalibration(verdict="worse" if worse else "no clear difference", classes=tests)


def _against_the_rest(rows: Rows, place: int) -> Rows:
    return Rows((rows.y == place).astype(int), rows.score[:, place], rows.entity)
