"""An address that is set has a host that can be asked for and a port that exists."""

from __future__ import annotations

import pytest

from streamproc.errors import BadSetting
from streamproc.settings import load_settings


def refused(environ: dict[str, str]) -> str:
    with pytest.raises(BadSetting) as caught:
        load_settings(environ)
    return str(caught.value)


PLACES = [
    ("STREAMPROC_KAFKA__BOOTSTRAP_SERVERS", "127.0.0.1:{}"),
    ("STREAMPROC_KAFKA__BOOTSTRAP_SERVERS", "a:9092,[::1]:{}"),
    ("STREAMPROC_REDIS__URL", "redis://h:{}/0"),
    ("STREAMPROC_REDIS__URL", "rediss+sentinel://a:26379,b:{}/shop"),
    ("STREAMPROC_ROBOTS__WECOM_URL", "https://h:{}/hook"),
    ("STREAMPROC_ROBOTS__FEISHU_URL", "http://localhost:{}/hook"),
    ("STREAMPROC_ROBOTS__PROXY", "http://me@h:{}"),
]


@pytest.mark.parametrize("port", ["0", "65536", "99999", "٩٠٩٢"])
@pytest.mark.parametrize(("variable", "address"), PLACES)
def test_a_port_that_does_not_exist_is_refused_wherever_an_address_is_set(
    variable: str, address: str, port: str
) -> None:
    told = refused({variable: address.format(port)})

    assert "one setting is wrong" in told
    assert variable in told
    assert ": takes text" in told


@pytest.mark.parametrize(("variable", "address"), PLACES)
def test_the_first_and_the_last_port_are_taken_wherever_an_address_is_set(
    variable: str, address: str
) -> None:
    for port in ("1", "65535"):
        load_settings({variable: address.format(port)})


def test_every_port_that_exists_is_taken() -> None:
    servers = ",".join(f"a:{port}" for port in range(1, 65_536))

    settings = load_settings({"STREAMPROC_KAFKA__BOOTSTRAP_SERVERS": servers})

    assert settings.kafka.bootstrap_servers == servers


@pytest.mark.parametrize("host", ["a..b", ".", "a" * 64, "a b", "[zz]"])
@pytest.mark.parametrize(
    ("variable", "address"),
    [
        ("STREAMPROC_KAFKA__BOOTSTRAP_SERVERS", "{}:9092"),
        ("STREAMPROC_REDIS__URL", "redis://{}:6379/0"),
        ("STREAMPROC_ROBOTS__PROXY", "http://{}:3128"),
    ],
)
def test_a_host_that_no_name_server_could_be_asked_for_is_refused(
    variable: str, address: str, host: str
) -> None:
    assert variable in refused({variable: address.format(host)})


@pytest.mark.parametrize(
    "address",
    [
        *("kafka-0.kafka.default.svc:9092", "under_score:1", "a.:1", "[2001:db8::7]:9092"),
        "a:1,b:2,10.0.0.1:3",
    ],
)
def test_brokers_are_named_by_name_or_number(address: str) -> None:
    settings = load_settings({"STREAMPROC_KAFKA__BOOTSTRAP_SERVERS": address})

    assert settings.kafka.bootstrap_servers == address


@pytest.mark.parametrize(
    "url", ["redis://h", "rediss://[::1]:7/0", "redis+sentinel://a,b:2/shop/3", "redis://h/"]
)
def test_an_address_of_redis_may_leave_out_its_port(url: str) -> None:
    assert load_settings({"STREAMPROC_REDIS__URL": url}).redis.url == url


@pytest.mark.parametrize("proxy", ["h:3128", "ftp://h", "socks5://h:1", "http://", "http://h/x"])
def test_a_proxy_that_could_not_be_used_is_refused_before_anything_starts(proxy: str) -> None:
    told = refused({"STREAMPROC_ROBOTS__PROXY": proxy})

    assert "STREAMPROC_ROBOTS__PROXY: takes text, secret" in told
    assert proxy not in told.replace("http://host:port", "")
