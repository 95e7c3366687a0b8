"""Where agencies are: regions, their towns with postcodes, the largest first. The network is invented, the map is not."""

from dataclasses import dataclass

#: How the agencies of one town are told apart, in the order in which they were opened.
QUARTERS = ("Centre", "Gare", "Nord", "Sud", "Est", "Ouest", "Europe", "République", "Hôpital", "Université")


@dataclass(frozen=True, slots=True)
class Region:
    """``landline``: the first digits of telephone numbers that are kept for fiction there."""

    slug: str
    name: str
    landline: str
    towns: tuple[tuple[str, str], ...]


REGIONS = (
    Region("ile-de-france", "Île-de-France", "019900", (
        ("Paris 18e", "75018"), ("Saint-Denis", "93200"), ("Montreuil", "93100"), ("Argenteuil", "95100"), ("Créteil", "94000"),
        ("Nanterre", "92000"), ("Évry", "91000"), ("Meaux", "77100"), ("Mantes-la-Jolie", "78200"), ("Paris 20e", "75020"),
        ("Cergy", "95000"), ("Melun", "77000"),
    )),
    Region("auvergne-rhone-alpes", "Auvergne-Rhône-Alpes", "046571", (
        ("Lyon", "69003"), ("Saint-Étienne", "42000"), ("Grenoble", "38000"), ("Villeurbanne", "69100"), ("Clermont-Ferrand", "63000"),
        ("Valence", "26000"), ("Chambéry", "73000"), ("Annecy", "74000"), ("Vénissieux", "69200"), ("Montluçon", "03100"),
    )),
    Region("provence-alpes-cote-d-azur", "Provence-Alpes-Côte d’Azur", "046571", (
        ("Marseille", "13001"), ("Nice", "06000"), ("Toulon", "83000"), ("Avignon", "84000"), ("Aix-en-Provence", "13100"),
        ("Martigues", "13500"), ("Cannes", "06400"), ("Fréjus", "83600"), ("Arles", "13200"), ("Gap", "05000"),
    )),
    Region("hauts-de-france", "Hauts-de-France", "035301", (
        ("Lille", "59000"), ("Roubaix", "59100"), ("Amiens", "80000"), ("Tourcoing", "59200"), ("Dunkerque", "59140"), ("Calais", "62100"),
        ("Lens", "62300"), ("Valenciennes", "59300"), ("Beauvais", "60000"), ("Saint-Quentin", "02100"), ("Maubeuge", "59600"),
    )),
    Region("occitanie", "Occitanie", "053649", (
        ("Toulouse", "31000"), ("Montpellier", "34000"), ("Nîmes", "30000"), ("Perpignan", "66000"), ("Béziers", "34500"),
        ("Albi", "81000"), ("Tarbes", "65000"), ("Carcassonne", "11000"), ("Montauban", "82000"), ("Rodez", "12000"),
    )),
    Region("nouvelle-aquitaine", "Nouvelle-Aquitaine", "053649", (
        ("Bordeaux", "33000"), ("Limoges", "87000"), ("Poitiers", "86000"), ("Pau", "64000"), ("La Rochelle", "17000"),
        ("Angoulême", "16000"), ("Mérignac", "33700"), ("Bayonne", "64100"), ("Périgueux", "24000"), ("Niort", "79000"),
    )),
    Region("grand-est", "Grand Est", "035301", (
        ("Strasbourg", "67000"), ("Reims", "51100"), ("Mulhouse", "68100"), ("Metz", "57000"), ("Nancy", "54000"),
        ("Troyes", "10000"), ("Colmar", "68000"), ("Charleville-Mézières", "08000"), ("Épinal", "88000"),
    )),
    Region("pays-de-la-loire", "Pays de la Loire", "026191", (
        ("Nantes", "44000"), ("Angers", "49000"), ("Le Mans", "72000"), ("Saint-Nazaire", "44600"), ("Cholet", "49300"),
        ("La Roche-sur-Yon", "85000"), ("Laval", "53000"),
    )),
    Region("normandie", "Normandie", "026191", (
        ("Le Havre", "76600"), ("Rouen", "76000"), ("Caen", "14000"), ("Cherbourg", "50100"), ("Évreux", "27000"),
        ("Dieppe", "76200"), ("Alençon", "61000"),
    )),
    Region("bretagne", "Bretagne", "026191", (
        ("Rennes", "35000"), ("Brest", "29200"), ("Quimper", "29000"), ("Lorient", "56100"), ("Saint-Brieuc", "22000"),
        ("Vannes", "56000"), ("Saint-Malo", "35400"),
    )),
    Region("bourgogne-franche-comte", "Bourgogne-Franche-Comté", "035301", (
        ("Dijon", "21000"), ("Besançon", "25000"), ("Belfort", "90000"), ("Chalon-sur-Saône", "71100"), ("Nevers", "58000"),
        ("Auxerre", "89000"), ("Mâcon", "71000"),
    )),
    Region("centre-val-de-loire", "Centre-Val de Loire", "026191", (
        ("Tours", "37000"), ("Orléans", "45000"), ("Bourges", "18000"), ("Blois", "41000"), ("Châteauroux", "36000"), ("Chartres", "28000"),
    )),
    Region("la-reunion", "La Réunion", "026191", (
        ("Saint-Denis de La Réunion", "97400"), ("Saint-Paul", "97460"), ("Saint-Pierre", "97410"), ("Le Tampon", "97430"),
    )),
)  # fmt: skip
