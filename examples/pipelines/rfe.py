"""RFE in front of a random forest, from training to a Cortex-M4: the C reads the features that were kept."""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import RFE
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from tinygen import classical, device, targets
from tinygen.errors import ToolMissingError
from tinygen.ir import DType
from tinygen.model import fitted

x, y = load_digits(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(
    x.astype(np.float32), y, random_state=0, stratify=y
)
pipeline = make_pipeline(
    RFE(DecisionTreeClassifier(random_state=0), n_features_to_select=20),
    RandomForestClassifier(10, max_depth=8, random_state=0),
)
pipeline.fit(x_train, y_train)

model = fitted(pipeline).quantize(calibration=x_train, io=DType.INT8)
report = classical.compare(model.description, model.graph, x_test.astype(np.float64))
print(f"accuracy of scikit-learn {pipeline.score(x_test, y_test):.1%}")
print(f"held-out rows with the same answer from the integers: {report.agreement:.1f} %")
print(f"{pipeline[0].support_.sum()} of {x.shape[1]} pixels are read")

emission = model.emit("cortex-m4", Path("build") / "digits", name="digits")
print(f"C is in {emission.folder}; call digits_predict()")

try:
    rows = x_test.astype(DType.INT8.numpy)
    instructions, outputs = device.average_run(
        emission.folder, "digits", targets.load("cortex-m4"), rows
    )
    answers = np.array(pipeline.classes_)[outputs.view(np.int32)[:, 0]]
    print(
        f"on QEMU: {instructions:,.0f} instructions a prediction, accuracy {np.mean(answers == y_test):.1%}"
    )
except ToolMissingError as error:
    print(f"not run on QEMU: {error}")
