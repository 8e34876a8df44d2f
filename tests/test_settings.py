import pytest

from assistant.errors import SettingError
from assistant.settings import PROJECT_ROOT, read_settings, settings_table


def test_settings_come_from_the_environment():
    settings = read_settings({"GNOMON_PORT": "8000", "GNOMON_DATA_DIR": "/x", "PATH": "/bin", "GNOMON_TEST_REDIS_ADDR": "a:1"})
    assert (settings.port, str(settings.data_dir)) == (8000, "/x")


def test_an_unknown_setting_stops_the_start_with_its_name():
    with pytest.raises(SettingError, match=r"GNOMON_PROT is not a setting\. Did you mean GNOMON_PORT\?"):
        read_settings({"GNOMON_PROT": "1"})


@pytest.mark.parametrize(("name", "value"), [("PORT", "many"), ("PORT", "0"), ("MAX_UPLOAD_MB", "-1"), ("DENSE_WEIGHT", "2"), ("MAX_READ_SECONDS", "")])
def test_an_impossible_value_stops_the_start_with_its_name(name, value):
    with pytest.raises(SettingError, match=f"GNOMON_{name}='?{value}'? cannot be used"):
        read_settings({f"GNOMON_{name}": value})


def test_the_readme_shows_the_settings_as_they_are():
    assert settings_table() in (PROJECT_ROOT / "README.md").read_text(encoding="utf-8"), f"put this table into README.md:\n{settings_table()}"
