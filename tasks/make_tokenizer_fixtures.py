"""Writes tests/model/fixtures/tokenizer-*: small tokenizers and what transformers does with them.

Run from a throw-away environment, only when the fixtures must change:

    python -m venv /tmp/venv
    /tmp/venv/bin/pip install torch transformers
    /tmp/venv/bin/python tasks/make_tokenizer_fixtures.py

Two byte-level BPE vocabularies, trained on the lines below, of the kinds that Qwen
and Llama 3 publish: with and without Unicode normalisation, digits one by one or in
threes, with and without merges for whole words, and chat templates that use the
constructs of theirs. The library is never needed to run the tests.
"""

import json
import pathlib
import shutil

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models
from tokenizers import normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

FIXTURES = pathlib.Path(__file__).parent.parent / "tests" / "model" / "fixtures"

CORPUS = [
    "def f(x):\n    return x + 1\n",
    "for i in range(10):\n        print(i, end=' ')\n",
    "The user asks a question and the assistant thinks about it first.",
    "It's what we've said: they don't, I'll, you're.",
    "assert f([1, 2, 3]) == {'a': 4, 'b': 5.25}",
    "Größe, naïve, café; 你好，世界。 Привет мир.",
    "const total = values.reduce((sum, value) => sum + value, 0);\r\n",
] * 4

TEXTS = [
    "",
    " ",
    "def f(x):\n    return x + 1\n",
    "\tif (a && b) {\r\n\t\treturn 1234567890;\r\n\t}   \n\n\n",
    "It's what WE'VE said: don't, I'LL, you’re.",
    "cafe\u0301 is café; \u1100\u1161 is 가",
    "你好，世界。👩‍👩‍👧 🇨🇭 and 👍🏽",
    "x = 0.1 + 12 + 1234 + ٣٤ + ½",
    "  leading, trailing  ",
    "nul \u0000 bell \u0007 no-break\u00a0space zero\u200bwidth \ufeff",
    "<|im_start|>user\nhello<|im_end|><|eot_id|><think>so</think>",
    "<|im_start |> <|im_ start|> < think> <think",
    "Ⅷ ﬁ ǅ ß İ",
    "a" * 40 + "!" * 9 + "\n" * 5,
]

CONVERSATIONS = [
    [{"role": "user", "content": "2 {{ 3 }}? {% raw %}"}],
    [
        {"role": "system", "content": "  Be brief.\n"},
        {"role": "user", "content": "Why?\n"},
        {"role": "assistant", "content": "<think>\nhm\n</think>\n\nBecause."},
        {"role": "user", "content": "<|im_end|> \"quoted\" \\n é"},
    ],
    [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": " b "},
        {"role": "user", "content": ""},
    ],
]

CHATML = """{%- if messages[0]['role'] == 'system' %}
    {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
{%- else %}
    {{- '<|im_start|>system\\nYou answer questions.<|im_end|>\\n' }}
{%- endif %}
{%- set ns = namespace(last=messages|length - 1, found=false) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if not ns.found and message.role == "user" and message.content is string %}
        {%- set ns.found = true %}
        {%- set ns.last = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.role == "user" or (message.role == "system" and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {%- set content = message.content %}
        {%- if '</think>' in content and loop.index0 < ns.last %}
            {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
        {%- endif %}
        {{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}"""

HEADERS = """{{- bos_token }}
{%- if not date_string is defined %}
    {%- set date_string = "26 Jul 2024" %}
{%- endif %}
{% if messages[0]['role'] == 'system' %}
    {%- set system = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system = "" %}
{%- endif %}
<|start_header_id|>system<|end_header_id|>

Today is {{ date_string }}.

{{ system }}<|eot_id|>
{%- for message in messages %}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
        {{- raise_exception('Roles must alternate.') }}
    {%- endif %}
    {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' }}
{%- endfor %}
{# The turn to be written. #}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
"""

LETTERS = r"[^\r\n\p{L}\p{N}]?\p{L}+"
SPACES = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"


def bytes_bpe(digits, ignore_merges):
    tokenizer = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    pattern = f"{CONTRACTIONS}|{LETTERS}|{digits}|{SPACES}"
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=420,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def qwen():
    tokenizer = bytes_bpe(r"\p{N}", ignore_merges=False)
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    tokenizer.add_tokens(
        [AddedToken(text, normalized=False) for text in ("<think>", "</think>")]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        chat_template=CHATML,
        clean_up_tokenization_spaces=False,
    )


def llama():
    tokenizer = bytes_bpe(r"\p{N}{1,3}", ignore_merges=True)
    names = ["begin_of_text", "start_header_id", "end_header_id", "eot_id"]
    tokenizer.add_special_tokens([f"<|{name}|>" for name in names])
    begin = tokenizer.token_to_id("<|begin_of_text|>")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<|begin_of_text|> $A",
        special_tokens=[("<|begin_of_text|>", begin)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<|begin_of_text|>",
        eos_token="<|eot_id|>",
        chat_template=HEADERS,
        clean_up_tokenization_spaces=False,
    )


def expectations(tokenizer):
    encode = lambda text: tokenizer.encode(text, add_special_tokens=False)
    emoji = encode("👩‍👩‍👧 ok")
    rendered = [
        {
            "messages": messages,
            "openTurn": open_turn,
            "variables": variables,
            "text": tokenizer.apply_chat_template(
                messages,
                tokenize=False,
                add_generation_prompt=open_turn,
                **variables,
            ),
        }
        for messages in CONVERSATIONS
        for open_turn, variables in (
            (True, {}),
            (False, {}),
            (True, {"enable_thinking": False, "date_string": "1 Jan 2030"}),
        )
    ]
    return {
        "eos": tokenizer.eos_token_id,
        "texts": [
            {
                "text": text,
                "ids": encode(text),
                "decoded": tokenizer.decode(encode(text)),
                "plain": tokenizer.decode(encode(text), skip_special_tokens=True),
            }
            for text in TEXTS
        ],
        # A character of several tokens, cut within.
        "prefixes": [
            {"ids": emoji[:n], "decoded": tokenizer.decode(emoji[:n])}
            for n in range(1, len(emoji) + 1)
        ],
        "chats": rendered,
    }


def main():
    for name, tokenizer in (("tokenizer-qwen", qwen()), ("tokenizer-llama", llama())):
        folder = FIXTURES / name
        shutil.rmtree(folder, ignore_errors=True)
        tokenizer.save_pretrained(folder)
        text = json.dumps(expectations(tokenizer), indent=1)
        (folder / "expected.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
