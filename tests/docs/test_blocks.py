"""The reader of Markdown blocks, on a page whose blocks were counted by eye."""

from tests.docs.blocks import blocks, commands

PAGE = """# Title

```python
x = 1
```

<!-- not run: needs the network -->
```sh
git clone there
```

```console
$ phosphene a \\
    b
shown
$ phosphene c
```

```python file=my.py
y = 2
```

```
nothing said
```
"""


def test_languages_lines_excuses_and_files():
    found = [(block.language, block.line, block.excuse, block.file) for block in blocks(PAGE)]
    assert found == [
        ("python", 4, None, None),
        ("sh", 9, "needs the network", None),
        ("console", 13, None, None),
        ("python", 20, None, "my.py"),
        ("", 24, None, None),
    ]


def test_commands_come_with_the_output_that_is_shown():
    shell, console = (block for block in blocks(PAGE) if block.language in ("sh", "console"))
    assert list(commands(shell)) == [("git clone there", "")]
    assert [(command.split(), output) for command, output in commands(console)] == [
        (["phosphene", "a", "b"], "shown\n"),
        (["phosphene", "c"], ""),
    ]
