"""Without any extra and away from the checkout: read, count, look up, write, download."""

import sys
import tempfile
from pathlib import Path

import pandas as pd

import ct_pandas as ct

here = Path(ct.__file__).resolve()
assert "site-packages" in here.parts, f"imported from {here}"
for heavy in ("matplotlib", "ipywidgets", "dask", "IPython"):
    assert heavy not in sys.modules, f"{heavy} was imported"

with ct.Sandbox(users=200) as sandbox:
    account = sandbox.account
    people = ct.read_clevertap_events("Charged", "2025-10", account=account, progress=False)
    events = ct.read_clevertap_events(
        "Charged", "2025-10", rows="event", parallel=3, verify=True, account=account, progress=False
    )
    assert people.attrs["clevertap"]["complete"]
    assert len(events) == ct.count_events("Charged", "2025-10", account=account)
    found = ct.read_profile(identity=people["identity"].dropna()[:3], account=account, progress=False)
    assert len(found) == 3
    report = pd.DataFrame({"identity": ["smoke-1"], "plan": ["gold"]}).clevertap.upload(
        account=account, progress=False
    )
    assert report.ok
    with tempfile.TemporaryDirectory() as folder:
        kept = ct.download_clevertap_events(
            "Charged", "2025-10", directory=folder, account=account, progress=False
        )
        pd.testing.assert_frame_equal(kept.to_frame(), people)
    assert len(ct.retention(events).counts) > 0

python = ".".join(map(str, sys.version_info[:3]))
print(f"  ct_pandas {ct.__version__} on Python {python}, pandas {pd.__version__}")
