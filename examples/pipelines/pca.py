"""StandardScaler, PCA and logistic regression, from training to a Cortex-M4: one matrix in the C."""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tinygen import classical, device, targets
from tinygen.errors import ToolMissingError
from tinygen.ir import DType
from tinygen.model import fitted

x, y = load_breast_cancer(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(
    x.astype(np.float32), y, random_state=0, stratify=y
)
pipeline = make_pipeline(StandardScaler(), PCA(8), LogisticRegression())
pipeline.fit(x_train, y_train)

model = fitted(pipeline).quantize(calibration=x_train, io=DType.FLOAT32)
report = classical.compare(model.description, model.graph, x_test.astype(np.float64))
print(f"accuracy of scikit-learn {pipeline.score(x_test, y_test):.1%}")
print(f"held-out rows with the same answer from the integers: {report.agreement:.1f} %")

emission = model.emit("cortex-m4", Path("build") / "cancer", name="cancer")
print(f"C is in {emission.folder}; call cancer_predict()")

try:
    rows = x_test.astype(DType.FLOAT32.numpy)
    instructions, outputs = device.average_run(
        emission.folder, "cancer", targets.load("cortex-m4"), rows
    )
    answers = np.array(pipeline.classes_)[outputs.view(np.int32)[:, 0]]
    print(
        f"on QEMU: {instructions:,.0f} instructions a prediction, accuracy {np.mean(answers == y_test):.1%}"
    )
except ToolMissingError as error:
    print(f"not run on QEMU: {error}")
