"""Folders of Markdown made for a test."""

from pathlib import Path

DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20" width="40" height="20">'
    '<rect width="40" height="20"/></svg>'
)
QUIZ = """::Signe::Quel signe sépare les deux parties ? {
=@#Oui.
~##Non \\: c’est un dièse.
}

::Vrai::Une adresse contient un @. {T}
"""


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    """A folder with these files: path in it to what it holds."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content, "utf-8")
    return root


def course(root: Path) -> Path:
    """A course as an author writes one: a sheet, two lessons (one with a picture and a plain version), a quiz."""
    return write(
        root,
        {
            "index.md": '---\ntitle: "Le courriel"\nsummary: "Écrire et lire."\nobjectives: ["Lire", "Écrire"]\n'
            "audience: tous\n---\n\nBienvenue.\n",
            "2-lire.md": "# Lire un message\n\n![Une liste](images/liste.svg)\n\nVoici.\n\n"
            "```simple\nVoici une liste.\n```\n",
            "10-quiz.md": f"---\ntitle: Faire le point\npass_mark: 50\ntries: 2\n---\n\n```quiz\n{QUIZ}```\n",
            "1-a-quoi-sert.md": '---\ntitle: "À quoi ça sert"\nminutes: 4\n---\n\nÀ écrire.\n',
            "images/liste.svg": DRAWING,
        },
    )
