import os

import networks
import numpy as np
import pytest

MANY = 12  # cases of one test


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Of a test with many cases every third belongs to the quick run; the others are slow, as if marked so."""
    cases: dict[str, list] = {}
    for item in items:
        cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
    for many in (found for found in cases.values() if len(found) > MANY):
        for i, item in enumerate(many):
            if i % 3:
                item.add_marker("slow")


@pytest.fixture(params=networks.ALL, ids=lambda make: make.__name__)
def net(request):
    """Each of the small dyadic networks."""
    return request.param(np.random.default_rng(0))


@pytest.fixture
def x(net):
    return networks.images(np.random.default_rng(1), net)


@pytest.fixture(scope="session")
def needs():
    """Skip with a reason what this machine cannot test; with SNNREF_STRICT=1 nothing may be skipped."""

    def require(there, reason):
        if not there:
            (pytest.fail if os.environ.get("SNNREF_STRICT") else pytest.skip)(reason)

    return require
