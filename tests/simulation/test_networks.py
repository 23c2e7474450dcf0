"""Addresses: public, each in one network, shared the way real ones are."""

import ipaddress

import numpy as np
import pytest

from ghostnote.simulation.networks import COUNTRIES, COUNTRY_NAMES, Networks, make_networks


@pytest.fixture(scope="module")
def networks() -> Networks:
    return make_networks(accounts=3000, seed=2)


def test_addresses_are_public_and_distinct(networks: Networks) -> None:
    addresses = networks.addresses(np.arange(networks.size))
    assert addresses.is_unique().all()
    assert all(ipaddress.ip_address(text).is_global for text in addresses.sample(2000, seed=1))


def test_every_country_has_every_kind_of_network(networks: Networks) -> None:
    for code in range(len(COUNTRIES)):
        for kind in ("residential", "mobile", "business", "education", "vpn", "hosting"):
            assert networks.of(kind, code)


def test_what_is_known_of_an_address_is_what_its_pool_is(networks: Networks) -> None:
    for pool in networks.pools[::7]:
        table = networks.table(np.arange(pool.first, pool.first + pool.size))
        assert table["asn"].n_unique() == 1
        assert set(table["country"]) == {COUNTRY_NAMES[pool.country]}
        assert table["ip_kind"].n_unique() == 1
