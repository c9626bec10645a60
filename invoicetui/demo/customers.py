"""The customers that the demo's company, Halden Robotics of Stuttgart, invoices through Meteroid."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from invoicetui.demo.data import Record, chance, identifier

COUNT = 120


@dataclass(frozen=True, slots=True)
class Country:
    """`tax` in tenths of a percent; where it is 0, `exemption` is Meteroid's reason."""

    code: str
    currency: str
    cities: tuple[str, ...]
    form: str
    tax: int = 0
    tax_name: str = ""
    exemption: str | None = None
    vat: str = ""


def _eu(code: str, cities: tuple[str, ...], form: str, vat: str) -> Country:
    """Another country of the EU: the customer accounts for the tax."""
    return Country(code, "EUR", cities, form, tax_name="VAT", exemption="REVERSE_CHARGE", vat=vat)


COUNTRIES = {
    country.code: country
    for country in (
        Country("DE", "EUR", ("Stuttgart", "München", "Köln", "Görlitz"), "{} GmbH", 190, "USt", vat="DE{:09d}"),
        _eu("FR", ("Lyon", "Besançon", "Nantes"), "{} SAS", "FR83{:09d}"),
        _eu("NL", ("Eindhoven", "Utrecht", "'s-Hertogenbosch"), "{} B.V.", "NL{:09d}B01"),
        _eu("DK", ("Ærøskøbing", "Aarhus"), "{} A/S", "DK{:08d}"),
        _eu("ES", ("A Coruña", "Bilbao"), "{} S.L.", "ESB{:08d}"),
        _eu("PL", ("Łódź", "Poznań"), "{} sp. z o.o.", "PL{:010d}"),
        _eu("SE", ("Malmö", "Göteborg"), "{} AB", "SE{:010d}01"),
        Country(
            "GB", "GBP", ("Leeds", "Bristol"), "{} Ltd", tax_name="VAT", exemption="NOT_REGISTERED", vat="GB{:09d}"
        ),
        Country("US", "USD", ("Pittsburgh", "Austin"), "{} Inc.", tax_name="Sales tax", exemption="NOT_REGISTERED"),
        Country("TR", "USD", ("İzmir", "Kayseri"), "{} A.Ş.", tax_name="VAT", exemption="TAX_EXEMPT"),
        Country("JP", "JPY", ("大阪市", "名古屋市"), "株式会社{}", 100, "消費税", vat="T{:013d}"),
        Country("KW", "KWD", ("Kuwait City",), "{} K.S.C.", tax_name="VAT", exemption="TAX_EXEMPT"),
    )
}

_NAMED = tuple(
    line.rpartition(" ")[::2]
    for line in """\
Müller & Söhne GmbH DE
株式会社はるか JP
Ærø Wind A/S DK
Çelik Yapı TR
ACME [EU] Ltd GB
Gulf Cold Chain K.S.C. KW
Łódzkie Zakłady Precyzyjne sp. z o.o. PL
Crème & Co. SAS FR
O'Neill Packaging Inc. US
Señor Tornillo S.L. ES
Groß-Gerauer Fördertechnik GmbH & Co. KG DE
株式会社みなと物流 JP
Åkerström Automation AB SE
Van 't Hoff Logistics B.V. NL
Al-Rashid Steel K.S.C. KW
Ünal Otomotiv A.Ş. TR
100% Recycled Paper Ltd GB
Brandt, Brandt & Partner Ingenieurgesellschaft für Förder- und Lagertechnik mbH DE
Smith/Jones Fabrication Inc. US
Østerlund Mejeri A/S DK
naïve.systems SAS FR
有限会社東雲製作所 JP
Weiß Verpackungen GmbH DE
Café Robótica S.L. ES""".splitlines()
)
_STEMS = """Nordlicht Kestrel Halyard Lumen Orchard Tidewater Granite Falken Meridian Juniper Cobalt Ostara
Verdant Anvil Solstice Harrow Beacon Larkspur Quarry Thistle Pinnacle Ember Saffron Wharf""".split()
_TRADES = "Logistics Foods Plastics Pharma".split()
_STREETS = ("Hafenstrasse", "Mill Lane", "Industrieweg", "Station Road")
_HOMES = "DE US GB FR NL DE SE US JP PL ES GB DE".split()


@dataclass(frozen=True, slots=True)
class Customer:
    """`number` is from 0 to COUNT - 1; `size` is how many robots it has for every hundred of an average customer."""

    number: int
    name: str
    country: Country
    city: str
    line: str
    zip_code: str
    vat_number: str | None
    size: int
    id: str
    subscription: str

    @property
    def alias(self) -> str:
        """Plain ASCII letters and digits with dashes; from the number where the name has none."""
        ascii_name = unicodedata.normalize("NFKD", self.name).encode("ascii", "ignore").decode().lower()
        return re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-") or f"customer-{self.number:03d}"

    def details(self, snapshot: str) -> Record:
        """`customer_details` of an invoice: who the customer was at the moment `snapshot`."""
        return {
            "id": self.id,
            "name": self.name,
            "snapshot_at": snapshot,
            "alias": self.alias,
            # An address leaves out what it does not have; everything else of an invoice is null then.
            "billing_address": {
                "city": self.city,
                "country": self.country.code,
                "line1": self.line,
                "zip_code": self.zip_code,
            },
            "email": f"accounts-payable@{self.alias}.example",
            "vat_number": self.vat_number,
        }


@lru_cache(maxsize=COUNT)
def customer(number: int) -> Customer:
    """The customer with a number from 0 to COUNT - 1."""
    rng = chance("customer", number)
    if number < len(_NAMED):
        name, code = _NAMED[number]
        country = COUNTRIES[code]
    else:
        stem, trade = divmod(number - len(_NAMED), len(_TRADES))
        country = COUNTRIES[_HOMES[number % len(_HOMES)]]
        name = country.form.format(f"{_STEMS[stem]} {_TRADES[trade]}")
    return Customer(
        number,
        name,
        country,
        city=rng.choice(country.cities),
        line=f"{rng.randrange(1, 240)} {rng.choice(_STREETS)}",
        zip_code=f"{rng.randrange(10_000, 99_999)}",
        vat_number=country.vat.format(rng.randrange(10**7, 10**8)) if country.vat else None,
        size=rng.randrange(20, 181),
        id=identifier("cus", number),
        subscription=identifier("sub", number),
    )
