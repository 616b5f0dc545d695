/**
 * What the interpreter has done before any program runs: the Python text that is
 * executed once, while the image is made.
 *
 * It loads the part of the standard library that a pure function may want, so
 * that `import` later finds modules without a file system; closes the ways to
 * anything else; and makes what differs from run to run, or from CPython on 64
 * bits, end the run instead of returning some value: unseeded random numbers, `id`,
 * native sizes. Such a function says so to the host by a call that no program can
 * catch: `symlink`, whose host call is there for this. Clocks, entropy and files
 * need no Python text: their host calls are not there (see `python_engine.ts`).
 *
 * Nothing in here is a security boundary. A program that undoes all of it reaches
 * only its own interpreter, which is restored before the next program runs.
 */

/** Modules found in memory by `import`; the rest is "No module named …". */
const PRELOADED_MODULES = [
  // Imported by others when first needed, and by decoders and encoders.
  ...["_ast_unparse", "_colorize", "_compat_pickle", "_pylong"],
  ...["_strptime", "_threading_local", "annotationlib", "sched"],
  ...["string.templatelib", "tomllib"],
  ...["__future__", "_collections_abc", "abc", "array", "ast", "base64"],
  ...["binascii", "bisect", "builtins", "calendar", "cmath", "codecs"],
  ...["collections", "collections.abc", "colorsys", "contextlib"],
  ...["contextvars", "copy", "copyreg", "csv", "dataclasses", "datetime"],
  ...["decimal", "difflib", "dis", "enum", "errno", "fnmatch", "fractions"],
  ...["functools", "gc", "glob", "graphlib", "hashlib", "heapq", "hmac"],
  ...["html", "html.parser", "inspect", "io", "ipaddress", "itertools"],
  ...["json", "keyword", "linecache", "locale", "logging", "marshal", "math"],
  ...["numbers", "opcode", "operator", "os", "os.path", "pathlib", "pickle"],
  ...["posixpath", "pprint", "queue", "random", "re", "reprlib", "secrets"],
  ...["select", "shlex", "signal", "statistics", "stat", "string", "struct"],
  ...["sys", "tempfile", "textwrap", "threading", "time", "timeit", "token"],
  ...["tokenize", "traceback", "types", "typing", "unicodedata"],
  ...["urllib.parse", "uuid", "warnings", "weakref", "zlib", "zoneinfo"],
] as const;

/** Bridges to the host and to native code: not importable. */
const BLOCKED_MODULES = [
  ...["js", "pyodide", "pyodide_js", "_pyodide", "_pyodide_core", "micropip"],
  ...["ctypes", "_ctypes", "socket", "_socket", "ssl", "asyncio"],
  ...["subprocess", "multiprocessing", "webbrowser"],
] as const;

/** Executed once, in `__main__`, which is left empty. */
export const BOOT_SOURCE = String.raw`
def _boot():
    import builtins, gc, importlib, sys, warnings
    preloaded = PRELOADED_NAMES
    blocked = frozenset(BLOCKED_NAMES)

    # As on 64 bits, before others take these numbers for their own.
    sys.maxsize = 2**63 - 1
    from collections import namedtuple
    hash_info = namedtuple('hash_info', 'width modulus inf nan imag algorithm '
                           'hash_bits seed_bits cutoff', module='sys')
    hash_info.__name__ = hash_info.__qualname__ = 'sys.hash_info'
    sys.hash_info = hash_info(64, 2**61 - 1, 314159, 0, 1000003, 'siphash13', 64, 128, 0)

    for name in preloaded:
        importlib.import_module(name)
    import encodings, pkgutil
    for module in pkgutil.iter_modules(encodings.__path__, 'encodings.'):
        if module.name not in ('encodings.mbcs', 'encodings.oem'):  # of Windows
            importlib.import_module(module.name)
    import random, struct, traceback, types
    from posix import symlink
    for name in list(sys.modules):
        if name.partition('.')[0] in blocked:
            del sys.modules[name]

    class Closed:
        @staticmethod
        def find_spec(name, path=None, target=None):
            if name.partition('.')[0] in blocked:
                raise ModuleNotFoundError(f'No module named {name!r}', name=name)
            return None

    from importlib.machinery import BuiltinImporter, FrozenImporter
    sys.meta_path[:] = [Closed, BuiltinImporter, FrozenImporter]
    sys.path[:] = []
    sys.path_hooks[:] = []
    sys.path_importer_cache.clear()
    sys.argv[:] = ['']
    warnings.resetwarnings()
    warnings.simplefilter('ignore')

    def unavailable(name, why='it differs from run to run'):
        def refuse(*arguments, **options):
            symlink(f'{name} is not available: {why}', 'refusal')
        refuse.__name__ = refuse.__qualname__ = name.rpartition('.')[2]
        return refuse

    native_sizes = unavailable('struct with native sizes', 'they differ from CPython')

    def sized(function):
        def checked(format, *rest, **options):
            text = str(format, 'latin-1') if isinstance(format, bytes) else format
            if isinstance(text, str) and not {*text}.isdisjoint('lLnNP'):
                if text[0] not in '=<>!':
                    native_sizes()
            return function(format, *rest, **options)
        checked.__name__ = checked.__qualname__ = function.__name__
        return checked

    import _struct
    for name in ('Struct', 'calcsize', 'pack', 'pack_into', 'unpack',
                 'unpack_from', 'iter_unpack'):
        checked = sized(getattr(struct, name))
        setattr(struct, name, checked)
        setattr(_struct, name, checked)

    # The copies of arrays in pickles say how wide 'l' is here.
    import array, copyreg
    native_arrays = unavailable("pickle of array('l')", 'it differs from CPython')
    copyreg.pickle(array.array, lambda value: value.__reduce_ex__(4)
                   if value.typecode not in 'lL' else native_arrays())

    import _decimal, decimal
    for name, value in (('MAX_PREC', 10**18 - 1), ('MAX_EMAX', 10**18 - 1),
                        ('MIN_EMIN', 1 - 10**18), ('MIN_ETINY', 3 - 2 * 10**18)):
        for module in (decimal, _decimal):
            setattr(module, name, value)

    # A count of repeats fits into 32 bits there, and into 31 here.
    import re._parser
    beyond = unavailable('a repeat beyond 2^31', 'it does not fit')
    def overflow(message):
        found = sys._getframe(1).f_locals
        if all(found[name] < 2**32 - 1 for name in ('min', 'max') if name in found):
            beyond()
        return OverflowError(message)
    re._parser.OverflowError = overflow

    def mentions(code, name):
        return name in code.co_names or any(
            mentions(constant, name) for constant in code.co_consts
            if isinstance(constant, types.CodeType))

    def functions(namespace):
        for value in list(namespace.values()):
            if isinstance(value, types.FunctionType):
                yield value
            elif isinstance(value, type):
                yield from (member for member in vars(value).values()
                            if isinstance(member, types.FunctionType))

    for module in list(sys.modules.values()):
        namespace = getattr(module, '__dict__', None)
        if namespace and any(mentions(function.__code__, 'id')
                             for function in functions(namespace)):
            namespace.setdefault('id', id)
    builtins.id = unavailable('id')

    for module, names in ((gc, ('get_objects', 'get_referrers', 'get_count',
                                'get_stats', 'get_freeze_count')),
                          (sys, ('getrefcount', 'getallocatedblocks',
                                 'getunicodeinternedsize'))):
        for name in names:
            setattr(module, name, unavailable(f'{module.__name__}.{name}',
                                              'it differs from CPython'))

    drawing = ('random', 'uniform', 'triangular', 'randint', 'choice', 'randrange',
               'sample', 'shuffle', 'choices', 'normalvariate', 'lognormvariate',
               'expovariate', 'vonmisesvariate', 'gammavariate', 'gauss',
               'betavariate', 'binomialvariate', 'paretovariate', 'weibullvariate',
               'getstate', 'getrandbits', 'randbytes')

    def seed(a=None, version=2):
        if a is None:
            unavailable('random.seed without a seed')()
        source = random.Random(0)
        source.seed(a, version)
        for name in drawing:
            setattr(random, name, getattr(source, name))

    def setstate(state):
        seed(0)
        random.getrandbits.__self__.setstate(state)

    for name in drawing:
        setattr(random, name, unavailable('unseeded random.' + name))
    random.seed = seed
    random.setstate = setstate
    random._inst = None
    for name in ('exit', 'quit', 'copyright', 'credits', 'license', 'help'):
        if hasattr(builtins, name):
            delattr(builtins, name)
    for name in ('_boot', 'Any'):
        globals().pop(name, None)
    gc.collect()
    gc.freeze()

_boot()
`.replace("PRELOADED_NAMES", JSON.stringify(PRELOADED_MODULES))
  .replace("BLOCKED_NAMES", JSON.stringify(BLOCKED_MODULES));
