"""Contacts that are right, one or more for each TLD."""

from typing import Any, Final

type Sample = dict[str, Any]

US: Final[Sample] = {
    "first_name": "Ada",
    "last_name": "Example",
    "street_address": "1 Example Road",
    "post_code": "97201",
    "city": "Portland",
    "state": "OR",
    "country": "US",
    "email": "ada@example.com",
    "phone": "+1.5555555555",
}
IT: Final[Sample] = {
    **US,
    "street_address": "Via Esempio 1\nScala B",
    "post_code": "00144",
    "city": "Roma",
    "state": "RM",
    "country": "IT",
    "phone": "+39 06 1234 5678",
}
DE: Final[Sample] = {
    **{name: value for name, value in US.items() if name != "state"},
    "post_code": "10115",
    "city": "Berlin",
    "country": "DE",
    "phone": "+493012345678",
}
FR: Final[Sample] = {**DE, "post_code": "75001", "city": "Paris", "country": "FR", "phone": "+33123456789"}
GB: Final[Sample] = {
    **DE,
    "post_code": "EC1A 1HQ",
    "city": "London",
    "country": "GB",
    "phone": "+44.2079460000",
}
CA: Final[Sample] = {**US, "post_code": "K1A 0B1", "city": "Ottawa", "state": "ON", "country": "CA"}
AU: Final[Sample] = {
    **US,
    "post_code": "2060",
    "city": "Sydney",
    "state": "NSW",
    "country": "AU",
    "phone": "+61.291234567",
}
CODICE_FISCALE: Final = "RSSMRA80A01H501U"


def given(base: Sample, **properties: str) -> Sample:
    return {**base, "extra_properties": properties}


def of_organization(base: Sample, **properties: str) -> Sample:
    return {**given(base, **properties), "organization": "Example Ltd"}


ABN: Final = {
    "registrantName": "Example Pty Ltd",
    "registrantIdType": "ABN",
    "registrantId": "51824753556",
    "eligibilityType": "Company",
    "policyReason": "1",
}
GOOD: Final[list[tuple[str, Sample]]] = [
    *((tld, base) for tld in ("com", "net", "org", "io", "dev", "app", "ninja", "de") for base in (US, DE)),
    ("com", given(US, idnLanguage="DE")),
    (
        "it",
        given(IT, entityType="1", regCode=CODICE_FISCALE, nationalityCode="IT", consentForPublishing="false"),
    ),
    ("it", given(US, entityType="1", regCode="C01X00T47", nationalityCode="FR")),
    ("it", of_organization(IT, entityType="2", regCode="12345678901", consentForPublishing="true")),
    ("it", of_organization(IT, entityType="4", consentForPublishing="true")),
    (
        "it",
        of_organization(
            FR, entityType="7", regCode="FR12345678901", nationalityCode="FR", consentForPublishing="true"
        ),
    ),
    ("fr", given(FR, birthDate="1990-01-31", birthCountry="US")),
    (
        "fr",
        given(FR, birthDate="1990-01-31", birthCountry="FR", birthCity="Paris", birthPostcode="75001"),
    ),
    ("fr", of_organization(DE, legalStatusType="company", siren="123456789")),
    ("fr", of_organization(DE, legalStatusType="association", vat="DE123456789")),
    ("eu", DE),
    ("eu", of_organization(DE)),
    ("eu", given(US, countryOfCitizenship="FR")),
    ("uk", GB),
    ("uk", given(GB, type="IND", optOut="Y")),
    ("co.uk", of_organization(GB, type="LTD", coNo="01234567", tradName="Example")),
    ("co.uk", given(US, type="FIND")),
    ("us", given(US, appPurpose="P3", nexusCategory="C11")),
    ("us", given(DE, appPurpose="P1", nexusCategory="C31", nexusCountry="DE")),
    ("ca", given(CA, cpr="CCT", language="fr")),
    ("ca", of_organization(CA, cpr="TDM", brandNumber="TMA123456")),
    ("au", given(AU, **ABN)),
    (
        "com.au",
        of_organization(
            AU, **{**ABN, "registrantIdType": "ACN", "registrantId": "123456789", "policyReason": "2"}
        ),
    ),
]
