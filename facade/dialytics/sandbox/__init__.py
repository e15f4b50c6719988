"""A real HTTP server on loopback that behaves as the four vendors are documented to.

    from dialytics.sandbox import Sandbox

    with Sandbox(seed=1) as box:
        print(box.url("digitalcx"))

Needs the extra `sandbox`. From a shell: `python -m dialytics.sandbox --port 8080`.
Credentials and the reserved words that make it refuse: `dialytics.sandbox.credentials`.
Choices where the vendors' documentation is silent: `dialytics.sandbox.leniency`.
"""

from __future__ import annotations

try:
    from . import faults
    from .exchange import Received, Vendor
    from .plans import Fault, FaultPlan
    from .server import Sandbox
except ModuleNotFoundError as error:
    if error.name not in {"jsonschema_rs", "starlette", "uvicorn"}:
        raise
    raise ModuleNotFoundError(
        f"the sandbox needs {error.name}: install dialytics with its extra 'sandbox'",
        name=error.name,
    ) from None

__all__ = ["Fault", "FaultPlan", "Received", "Sandbox", "Vendor", "faults"]
