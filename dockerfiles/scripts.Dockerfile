# Generated from the files in dockerfiles/bin/: edit those, and let the test write this one,
#
#   INSTA_UPDATE=always cargo test --test it scripts
#
# A Dockerfile that comes from standard input has no files to copy, and Docker 20.10 no here-documents.
ARG BASE_IMAGE
ARG BASE_IMAGE_TAG

FROM ${BASE_IMAGE}:${BASE_IMAGE_TAG} AS helpers
ENV PATH=/opt/build/bin:${PATH}
RUN mkdir -p /opt/build/bin && cd /opt/build/bin \
 && printf '%s\n' 'Acquire::https::CAInfo "/run/secrets/ca";' 'APT::Sandbox::User "root";' > /opt/build/apt.conf \
 && printf '%s\n' \
      '#!/opt/dynamo/venv/bin/python3' \
      '"""add-to-engine DIRECTORY [--exclude-newer DATE]: prints what an engine'"'"'s image lacks, with checksums.' \
      '' \
      'DIRECTORY has what `resolve` left for an image: `dynamo.in`, `overrides.txt` and `floors.txt`. The image'"'"'s' \
      'own packages stay; one that is too old for Dynamo or for a floor is put into the environment in a version' \
      'that fits. Nothing of CUDA, PyTorch or the engine is added: they were compiled for each other.' \
      '"""' \
      '' \
      'import argparse' \
      'import os' \
      'import pathlib' \
      'import re' \
      'import subprocess' \
      'import sys' \
      'import tempfile' \
      '' \
      'from python_packages import (' \
      '    PROTECTED, Requirement, absent, engine_python, image_packages, lines, plain, visible_packages)' \
      '' \
      'parser = argparse.ArgumentParser()' \
      'parser.add_argument("directory", type=pathlib.Path)' \
      'parser.add_argument("--exclude-newer", default="")' \
      'arguments = parser.parse_args()' \
      'overrides = lines(arguments.directory / "overrides.txt")' \
      'overridden = {Requirement(line).name_plain for line in overrides}' \
      'visible, image = visible_packages(), image_packages()' \
      'wanted = lines(arguments.directory / "dynamo.in")' \
      '' \
      '# What the engine itself wants and the image lost on the way: a module of it would not be importable.' \
      'engine = [name for name in map(lambda line: Requirement(line).name_plain, wanted) if name in visible]' \
      'for owner, requirement in absent(engine, visible):' \
      '    if not PROTECTED.match(requirement.name_plain) and requirement.name_plain not in overridden:' \
      '        print(f"note: the image lacks {requirement.plain_text}, which {owner} requires", file=sys.stderr)' \
      '        wanted.append(requirement.plain_text)' \
      '' \
      'floors = [Requirement(line) for line in lines(arguments.directory / "floors.txt")]' \
      'low = {floor.name_plain for floor in floors' \
      '       if floor.name_plain in visible and not floor.accepts(visible[floor.name_plain].version)}' \
      'wanted += [floor.plain_text for floor in floors if floor.name_plain in low]' \
      '' \
      '# What is protected is none of the resolver'"'"'s business, and is checked afterwards.' \
      'hidden = {name for name in visible if PROTECTED.match(name)}' \
      'hidden |= {name for name in (Requirement(line).name_plain for line in wanted) if PROTECTED.match(name)}' \
      'never = [f"{name} ; sys_platform == '"'"'never'"'"'" for name in sorted(hidden - overridden)]' \
      'patterns = ["torch", "torchvision", "torchaudio", "triton", "tensorrt-llm"]' \
      'never += [f"{name} ; sys_platform == '"'"'never'"'"'" for name in patterns if name not in hidden | overridden]' \
      '' \
      '# The resolver keeps what the engine'"'"'s Python has, but does not look at packages of the distribution:' \
      '# it is to choose their versions, and others only where Dynamo or what it needs demands them.' \
      'distribution = {name: package.version.split("+")[0] for name, package in visible.items()' \
      '                if name not in image and name not in low | hidden | overridden}' \
      '' \
      'environment = dict(os.environ, UV_CACHE_DIR="/var/cache/uv", PATH="/opt/build/bin:" + os.environ["PATH"])' \
      'for name in ("UV_EXTRA_INDEX_URL", "UV_INDEX", "UV_INDEX_URL", "UV_INDEX_STRATEGY", "UV_CONSTRAINT",' \
      '             "UV_OVERRIDE", "UV_PYTHON", "UV_FIND_LINKS"):' \
      '    environment.pop(name, None)' \
      'before = ["--exclude-newer", arguments.exclude_newer] if arguments.exclude_newer else []' \
      '' \
      '' \
      'def uv(*command, **more):' \
      '    return subprocess.run(["online", "uv", *command, *before], env=environment, text=True, **more)' \
      '' \
      '' \
      'with tempfile.TemporaryDirectory() as work:' \
      '    def file(name, content):' \
      '        path = pathlib.Path(work, name)' \
      '        path.write_text("".join(line + "\n" for line in content))' \
      '        return str(path)' \
      '' \
      '    def resolved(constraints):' \
      '        return uv("pip", "install", "--dry-run", "--color", "never", "--python", engine_python(),' \
      '                  "--break-system-packages", "--requirement", file("wanted.in", wanted),' \
      '                  "--override", file("overrides.txt", overrides + never),' \
      '                  "--constraint", file("constraints.txt", constraints), stderr=subprocess.PIPE)' \
      '' \
      '    limits = [floor.plain_text for floor in floors]' \
      '    dry = resolved(limits + [f"{name}=={version}" for name, version in sorted(distribution.items())])' \
      '    if dry.returncode and distribution:' \
      '        dry = resolved(limits)' \
      '    if dry.returncode:' \
      '        print(dry.stderr, file=sys.stderr)' \
      '        sys.exit("error: no set of packages satisfies both Dynamo and the image'"'"'s engine: see the lines above; allow "' \
      '                 "another version with --build-arg PYTHON_OVERRIDES='"'"'NAME>=VERSION'"'"'")' \
      '    added = dict(re.findall(r"^ \+ (\S+)==(\S+)", dry.stderr, re.MULTILINE))' \
      '    added = {name: version for name, version in added.items() if distribution.get(plain(name)) != version}' \
      '    added = {name: version for name, version in added.items() if not PROTECTED.match(plain(name))}' \
      '    for name, version in sorted(added.items()):' \
      '        if plain(name) in visible:' \
      '            old = visible[plain(name)].version' \
      '            print(f"note: the image'"'"'s {name} {old} does not do for Dynamo: {version} goes into the environment",' \
      '                  file=sys.stderr)' \
      '    print(f"note: {len(added)} packages are added to the image'"'"'s {len(visible)}", file=sys.stderr)' \
      '    if added:' \
      '        pins = file("pins.in", [f"{name}=={version}" for name, version in added.items()])' \
      '        hashed = uv("pip", "compile", "--quiet", "--no-deps", "--no-header", "--no-annotate", "--generate-hashes",' \
      '                    "--python", sys.executable, pins, stdout=subprocess.PIPE)' \
      '        sys.stdout.write(hashed.stdout)' \
      '        sys.exit(hashed.returncode)' > add-to-engine \
 && printf '%s\n' \
      '#!/bin/sh -eu' \
      '# build-wheels SOURCES PYTHON: compiles Dynamo'"'"'s wheels into /dist/wheels.' \
      '#' \
      '# Environment: FEATURES that the sources have or not, WANTED_FEATURES that they must have, KVBM and' \
      '# KVBM_FEATURES, GPU_MEMORY_SERVICE, CARGO_FLAGS, BEFORE.' \
      '#' \
      '# Cargo judges by modification times, and a context'"'"'s times say nothing about the last build here. So' \
      '# rsync brings the sources into the cache by content: a file'"'"'s time changes exactly when its bytes did,' \
      '# which makes the kept target directory both fast and safe. Build scripts do not ask for CUDA'"'"'s compiler' \
      '# and the native libraries again, so each of them has a directory of its own.' \
      'sources=$1 python=$2' \
      'config="$sources/.cargo/config.toml"' \
      'fail() {' \
      '  echo "error: $1" >&2' \
      '  echo "  fix: $2" >&2' \
      '  exit 1' \
      '}' \
      '' \
      '# The toolchain that sources name: this one, or one that only differs in the last number.' \
      'for file in "$sources/rust-toolchain.toml" "$sources/rust-toolchain"; do' \
      '  [ -f "$file" ] || continue' \
      '  wants=$(sed -n -e '"'"'s/^ *channel *= *"\([0-9][0-9.]*\)".*/\1/p'"'"' -e '"'"'s/^\([0-9][0-9.]*\)$/\1/p'"'"' "$file" | head -n 1)' \
      '  has=$(rustc --version | cut -d" " -f2 | cut -d- -f1)' \
      '  older=$(printf "%s\n%s\n" "${wants%.*}" "${has%.*}" | sort -V | head -n 1)' \
      '  if [ -n "$wants" ] && [ "${wants%.*}" != "${has%.*}" ] && [ "$older" = "${has%.*}" ]; then' \
      '    fail "these sources want Rust $wants (${file##*/}), and the build has $has" \' \
      '      "--build-arg RUST_SOURCE=archive --build-arg RUST_VERSION=$wants"' \
      '  fi' \
      '  if [ -n "$wants" ] && [ "$wants" != "$has" ]; then' \
      '    echo "note: these sources name Rust $wants (${file##*/}), the build has $has" >&2' \
      '  fi' \
      'done' \
      'if [ "$(uname -m)" = x86_64 ] && [ -f "$config" ] && grep -q "target-cpu=x86-64-v3" "$config" && ! grep -q -w avx2 /proc/cpuinfo; then' \
      '  fail "these sources are compiled for x86-64-v3 (.cargo/config.toml), and this machine'"'"'s processor has no AVX2" \' \
      '    "build on another machine, or change target-cpu there"' \
      'fi' \
      '' \
      'native=$({ nvcc --version 2>/dev/null || true; find /opt/native -type f -exec sha256sum {} + | sort; } | sha256sum | cut -c1-12)' \
      '# shellcheck source=/dev/null' \
      'work="/build/$(. /etc/os-release; echo "$ID${VERSION_ID:-}")-$(uname -m)-$python-$native"' \
      'mkdir -p "$work" /dist/wheels' \
      'rsync --recursive --links --perms --checksum --delete --exclude target "$sources/" "$work/src/"' \
      'export CARGO_TARGET_DIR="$work/target"' \
      'CARGO_BUILD_JOBS=$(job-count CARGO_BUILD_JOBS)' \
      'export CARGO_BUILD_JOBS' \
      '' \
      'has_feature() { grep -q "^$2 *=" "$work/src/$1/Cargo.toml"; }' \
      '# those CRATE FEATURE…: the features that the crate has; others are named in a note.' \
      'those() {' \
      '  crate=$1' \
      '  shift' \
      '  for feature; do' \
      '    if has_feature "$crate" "$feature"; then' \
      '      printf "%s " "$feature"' \
      '    else' \
      '      echo "note: these sources have no feature $feature of $crate, which is left out" >&2' \
      '    fi' \
      '  done' \
      '}' \
      'rust_wheel() {' \
      '  cd "$work/src/$1"' \
      '  # shellcheck disable=SC2086 # one word per flag' \
      '  online compile maturin build --release $CARGO_FLAGS ${2:+--features "$2"} --compatibility linux \' \
      '    --interpreter "$python" --out /dist/wheels' \
      '}' \
      'python_wheel() {' \
      '  online uv build --wheel --link-mode copy --python "$python" ${BEFORE:+--exclude-newer "$BEFORE"} \' \
      '    --out-dir /dist/wheels "$work/src/$1"' \
      '}' \
      '' \
      'WANTED_FEATURES=${WANTED_FEATURES:+$WANTED_FEATURES }' \
      'for feature in $WANTED_FEATURES; do' \
      '  has_feature lib/bindings/python "$feature" ||' \
      '    fail "these sources have no feature $feature" "--disable $feature"' \
      'done' \
      '# shellcheck disable=SC2086 # one word per feature' \
      'rust_wheel lib/bindings/python "$WANTED_FEATURES$(those lib/bindings/python $FEATURES)"' \
      '# shellcheck disable=SC2086 # one word per feature' \
      'if [ "$KVBM" = true ]; then rust_wheel lib/bindings/kvbm "$(those lib/bindings/kvbm $KVBM_FEATURES)"; fi' \
      'if [ "$GPU_MEMORY_SERVICE" = true ]; then python_wheel lib/gpu_memory_service; fi' \
      'python_wheel .' \
      'rm -f /dist/wheels/.gitignore' > build-wheels \
 && printf '%s\n' \
      '#!/opt/dynamo/venv/bin/python3' \
      '"""check-caches: whether the user of the image may write where engines keep what they compile."""' \
      '' \
      'import os' \
      'import pathlib' \
      'import sys' \
      '' \
      'faults = []' \
      'for name in ("HOME", "HF_HOME", "XDG_CACHE_HOME", "TRITON_CACHE_DIR", "TORCHINDUCTOR_CACHE_DIR", "TORCH_HOME", "NUMBA_CACHE_DIR",' \
      '             "FLASHINFER_WORKSPACE_BASE", "FLASHINFER_CUBIN_DIR", "VLLM_CACHE_ROOT", "UV_CACHE_DIR", "TLLM_LLMAPI_BUILD_CACHE_ROOT"):' \
      '    if os.environ.get(name):' \
      '        place = pathlib.Path(os.environ[name])' \
      '        while not place.exists():' \
      '            place = place.parent' \
      '        if not os.access(place, os.W_OK):' \
      '            faults.append(f"{name} is {os.environ[name]}, where {place} cannot be written")' \
      'for path in map(pathlib.Path, sys.path):' \
      '    for place in [*path.glob("flashinfer_cubin/cubins"), *path.glob("flashinfer_cubin/cubins/**/")]:' \
      '        if not os.access(place, os.W_OK):' \
      '            faults.append(f"FlashInfer cannot write its kernels into {place}")' \
      '# PyTorch keeps what it compiles below /tmp, under the name in USER: what a step left there is another'"'"'s.' \
      'for place in pathlib.Path("/tmp").glob("torchinductor_*"):' \
      '    faults.append(f"a step of the build left {place}, which belongs to {place.owner()}")' \
      'if faults:' \
      '    print("error: the user of the image cannot write its caches", *faults, sep="\n  ", file=sys.stderr)' \
      '    print("  fix: let group 0 write there, or set the variable to a place below /home/dynamo/.cache", file=sys.stderr)' \
      '    sys.exit(1)' > check-caches \
 && printf '%s\n' \
      '#!/opt/dynamo/venv/bin/python3' \
      '"""check-compiler: whether torch.compile and Triton can compile: a compiler, Python'"'"'s headers, CUDA'"'"'s tools.' \
      '' \
      'Engines compile their kernels at the first request, long after an image was published.' \
      '"""' \
      '' \
      'import importlib.util' \
      'import os' \
      'import shutil' \
      'import subprocess' \
      'import sys' \
      'import sysconfig' \
      'import tempfile' \
      '' \
      'HEADER = "#include <Python.h>\nint answer(void) { return PY_MAJOR_VERSION; }\n"' \
      'FUNCTION = """' \
      'import torch' \
      '@torch.compile(backend="inductor", fullgraph=True)' \
      'def function(x):' \
      '    return (x * 2 + 1).relu()' \
      'assert function(torch.ones(64)).sum() == 192' \
      '"""' \
      '' \
      '' \
      'def fail(reason, fix):' \
      '    sys.exit(f"error: {reason}\n  fix: {fix}")' \
      '' \
      '' \
      'for name in ("TRITON_PTXAS_PATH", "TRITON_CUOBJDUMP_PATH", "TRITON_NVDISASM_PATH"):' \
      '    path = os.environ.get(name)' \
      '    if path and not os.access(path, os.X_OK) and importlib.util.find_spec("triton"):' \
      '        fail(f"{name} names {path}, which is no program", "install CUDA'"'"'s compiler tools with --build-arg RUNTIME_PACKAGES=NAME")' \
      'compilers = [name for name in (os.environ.get("CC") or "cc", os.environ.get("CXX") or "c++") if not shutil.which(name)]' \
      'if compilers:' \
      '    fail(f"torch.compile needs a compiler, and there is no {'"'"' and no '"'"'.join(compilers)}", "add it with --build-arg RUNTIME_PACKAGES=g++")' \
      'version = f"{sys.version_info.major}.{sys.version_info.minor}"' \
      'with tempfile.TemporaryDirectory() as home:' \
      '    source = os.path.join(home, "header.c")' \
      '    with open(source, "w") as file:' \
      '        file.write(HEADER)' \
      '    command = [os.environ.get("CC") or "cc", "-c", "-I", sysconfig.get_path("include"), source, "-o", source + ".o"]' \
      '    compiled = subprocess.run(command, text=True, stderr=subprocess.PIPE)' \
      '    if compiled.returncode:' \
      '        fail(f"torch.compile needs the headers of Python {version}: {compiled.stderr.strip()}",' \
      '             f"add them with --build-arg RUNTIME_PACKAGES=python{version}-dev")' \
      '    if importlib.util.find_spec("torch"):' \
      '        environment = dict(os.environ, HOME=home, XDG_CACHE_HOME=home, TMPDIR=home,' \
      '                           TORCHINDUCTOR_CACHE_DIR=home, TRITON_CACHE_DIR=home)' \
      '        # Inductor reads the source of what it compiles.' \
      '        program = os.path.join(home, "program.py")' \
      '        with open(program, "w") as file:' \
      '            file.write(FUNCTION)' \
      '        ran = subprocess.run([sys.executable, program], env=environment, text=True, stderr=subprocess.PIPE)' \
      '        if ran.returncode:' \
      '            fail(f"torch.compile does not work: {ran.stderr.strip()[-2000:]}", "see the compiler'"'"'s message above")' > check-compiler \
 && printf '%s\n' \
      '#!/opt/dynamo/venv/bin/python3' \
      '"""check-imports [--find] MODULE…: imports modules, or only finds them where a GPU'"'"'s driver would be needed."""' \
      '' \
      'import importlib.metadata' \
      'import os' \
      'import re' \
      'import subprocess' \
      'import sys' \
      'import tempfile' \
      '' \
      'CODE = """' \
      'import importlib, importlib.util, sys, traceback' \
      'find, modules = sys.argv[1] == "find", sys.argv[2:]' \
      'for module in modules:' \
      '    print("::", module, file=sys.stderr, flush=True)' \
      '    try:' \
      '        if not find:' \
      '            importlib.import_module(module)' \
      '        elif importlib.util.find_spec(module) is None:' \
      '            raise ModuleNotFoundError(f"No module named {module!r}")' \
      '    except Exception:' \
      '        traceback.print_exc()' \
      '        print("!!", file=sys.stderr, flush=True)' \
      '"""' \
      '' \
      'arguments = sys.argv[1:]' \
      'how = "import"' \
      'if arguments[:1] == ["--find"]:' \
      '    del arguments[0]' \
      '    how = "find"' \
      '' \
      '' \
      'def wanting(module):' \
      '    name = module.split(".")[0].lower().replace("_", "-")' \
      '    owners = {package.metadata["Name"] for package in importlib.metadata.distributions()' \
      '              for requirement in package.requires or [] if re.match(r"[\w.-]+", requirement)[0].lower() == name}' \
      '    return f", which {'"'"', '"'"'.join(sorted(owners))} may require" if owners else ""' \
      '' \
      '' \
      'with tempfile.TemporaryDirectory() as home:' \
      '    # Caches that an engine makes while it is imported do not belong into the image.' \
      '    environment = dict(os.environ, HOME=home, XDG_CACHE_HOME=home, TMPDIR=home, PYTHONDONTWRITEBYTECODE="1")' \
      '    ran = subprocess.run([sys.executable, "-c", CODE, how, *arguments], env=environment, text=True,' \
      '                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)' \
      'parts = re.findall(r"^:: (.*)\n((?:(?!:: ).*\n?)*)", ran.stderr, re.MULTILINE)' \
      'failed = []' \
      'for number, (module, said) in enumerate(parts):' \
      '    killed = ran.returncode != 0 and number == len(parts) - 1' \
      '    if not killed and not said.rstrip().endswith("!!"):' \
      '        continue' \
      '    failed.append(module)' \
      '    said = said.rstrip().removesuffix("!!").rstrip()' \
      '    last = f"the interpreter ended with status {ran.returncode}" if killed else said.splitlines()[-1]' \
      '    print(said, f"error: the image cannot import {module}: {last}", sep="\n", file=sys.stderr)' \
      '    missing = re.search(r"No module named '"'"'([\w.]+)'"'"'", last)' \
      '    library = re.search(r"(lib[\w.+-]+\.so[\w.]*): cannot open shared object", last)' \
      '    if missing:' \
      '        print(f"  fix: add the package of {missing[1]}{wanting(missing[1])} with --build-arg PYTHON_REQUIREMENTS=NAME", file=sys.stderr)' \
      '    elif library:' \
      '        print(f"  fix: add the package that has {library[1]} with --build-arg RUNTIME_PACKAGES=NAME", file=sys.stderr)' \
      '    else:' \
      '        print("  fix: take a version of the engine that fits Dynamo'"'"'s, see the versions in `dynbuild list`", file=sys.stderr)' \
      'sys.exit(bool(failed))' > check-imports \
 && printf '%s\n' \
      '#!/opt/dynamo/venv/bin/python3' \
      '"""check-native: whether the loader finds NIXL'"'"'s C interface, and only one NIXL and one UCX serve a process."""' \
      '' \
      'import ctypes' \
      'import importlib.metadata' \
      'import importlib.util' \
      'import os' \
      'import pathlib' \
      'import re' \
      'import subprocess' \
      'import sys' \
      '' \
      '' \
      'def fail(reason, fix):' \
      '    sys.exit(f"error: {reason}\n  fix: {fix}")' \
      '' \
      '' \
      'for library in sorted(pathlib.Path("/opt/native/lib").glob("*.so.*.*")):' \
      '    found = subprocess.run(["ldd", "-r", library], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout' \
      '    wrong = [line.strip() for line in found.splitlines() if "not found" in line or "undefined symbol" in line]' \
      '    if wrong:' \
      '        fail(f"{library} cannot be loaded here: {'"'"'; '"'"'.join(wrong)}", "add its libraries with --build-arg RUNTIME_PACKAGES=NAME")' \
      '' \
      '# Where an engine'"'"'s image brings NIXL for one version of CUDA, the environment must not add another.' \
      'places = {}' \
      'for found in importlib.metadata.distributions():' \
      '    name = re.sub(r"[-_.]+", "-", found.metadata["Name"] or "").lower()' \
      '    if re.fullmatch(r"nixl-cu\d+", name):' \
      '        places[name] = str(found.locate_file("")).startswith(os.environ["VIRTUAL_ENV"])' \
      'if len(places) > 1 and any(places.values()):' \
      '    added = next(name for name, ours in sorted(places.items()) if ours)' \
      '    fail(f"NIXL is there {len(places)} times: {'"'"', '"'"'.join(sorted(places))}",' \
      '         f"leave one out, for example with --build-arg PYTHON_OVERRIDES=\"{added} ; sys_platform == '"'"'never'"'"'\"")' \
      'libraries = [path for path in sys.path for _ in pathlib.Path(path).glob(".nixl_cu*.mesonpy.libs/libnixl_capi.so")]' \
      'if libraries:' \
      '    for module in ("nixl", "kvbm"):' \
      '        if importlib.util.find_spec(module):' \
      '            try:' \
      '                importlib.import_module(module)' \
      '            except ImportError as error:' \
      '                fail(f"{module} cannot be imported: {error}", "see the module that is missing")' \
      '    try:' \
      '        ctypes.CDLL("libnixl_capi.so")' \
      '    except OSError as error:' \
      '        fail(f"the loader does not find NIXL'"'"'s C interface, which Dynamo loads by name: {error}",' \
      '             "see `prepare-engine`, which puts its directory into /etc/ld.so.conf.d")' \
      '    loaded = {line.split()[-1] for line in open("/proc/self/maps") if "/" in line}' \
      '    for name in ("libnixl", "libucp"):' \
      '        places = sorted(path for path in loaded if re.match(name + r"(-[0-9a-f]{8})?\.so", path.rpartition("/")[2]))' \
      '        if len(places) > 1:' \
      '            fail(f"{name} is loaded {len(places)} times into one process: {'"'"', '"'"'.join(places)}", "leave one of them out")' > check-native \
 && printf '%s\n' \
      '#!/opt/dynamo/venv/bin/python3' \
      '"""check-packages OVERRIDES: whether the packages of image and environment go together.' \
      '' \
      'What an engine'"'"'s image had wrong before is its own affair, and is only counted. OVERRIDES names packages' \
      'whose requirements are set aside on purpose.' \
      '"""' \
      '' \
      'import pathlib' \
      'import sys' \
      '' \
      'from python_packages import PROTECTED, VENV, Requirement, lines, needs, visible_packages' \
      '' \
      'overridden = {Requirement(line).name_plain for line in lines(pathlib.Path(sys.argv[1]))}' \
      'packages = visible_packages()' \
      '' \
      '' \
      'def ours(package):' \
      '    return str(package.locate_file("")).startswith(str(VENV))' \
      '' \
      '' \
      'faults, inherited = [], 0' \
      'for name, package in sorted(packages.items()):' \
      '    for requirement in needs(package):' \
      '        other = packages.get(requirement.name_plain)' \
      '        if requirement.name_plain in overridden or (other and requirement.accepts(other.version)):' \
      '            continue' \
      '        if not ours(package) and not (other and ours(other)):' \
      '            inherited += 1' \
      '            continue' \
      '        if not other and PROTECTED.match(requirement.name_plain):' \
      '            continue' \
      '        have = f"{other.version} is there" if other else "it is not there"' \
      '        faults.append(f"{name} {package.version} requires {requirement.plain_text}, but {have}")' \
      'if inherited:' \
      '    print(f"note: {inherited} requirements between packages of the image itself are not met", file=sys.stderr)' \
      'if faults:' \
      '    print("error: the Python packages do not go together", *faults, sep="\n  ", file=sys.stderr)' \
      '    print("  fix: give versions that do, for example --build-arg PYTHON_OVERRIDES='"'"'NAME>=VERSION'"'"'", file=sys.stderr)' \
      '    sys.exit(1)' > check-packages \
 && printf '%s\n' \
      '#!/opt/dynamo/venv/bin/python3' \
      '"""collect-legal DIRECTORY: lists the packages of the image with their licences, and where the texts are."""' \
      '' \
      'import importlib.metadata' \
      'import pathlib' \
      'import subprocess' \
      'import sys' \
      '' \
      'directory = pathlib.Path(sys.argv[1])' \
      'rows = ["name\tversion\tlicence\ttexts"]' \
      'for package in sorted(importlib.metadata.distributions(), key=lambda package: str(package.metadata["Name"]).lower()):' \
      '    data = package.metadata' \
      '    classes = [text.rpartition(" :: ")[2] for text in data.get_all("Classifier", []) if text.startswith("License ::")]' \
      '    licence = data.get("License-Expression") or ", ".join(classes) or data.get("License", "").strip().split("\n")[0]' \
      '    texts = sorted(str(package.locate_file(file)) for file in package.files or []' \
      '                   if ".dist-info/" in str(file) and file.name.upper().startswith(("LICEN", "NOTICE", "COPYING", "AUTHORS")))' \
      '    rows.append("\t".join([str(data["Name"]), str(data["Version"]), licence or "unknown", " ".join(texts)]))' \
      '(directory / "python.tsv").write_text("\n".join(dict.fromkeys(rows)) + "\n")' \
      'form = "${Package}\t${Version}\t/usr/share/doc/${Package}/copyright\n"' \
      'found = subprocess.run(["dpkg-query", "--show", "--showformat", form], text=True, stdout=subprocess.PIPE, check=True)' \
      '(directory / "debian.tsv").write_text("name\tversion\ttext\n" + found.stdout)' > collect-legal \
 && printf '%s\n' \
      '#!/bin/sh -e' \
      '# compile COMMAND…: runs a compilation through sccache and says what the cache was good for. A remote' \
      '# cache that cannot be used costs time, never the build: the engine'"'"'s own takes its place, at the start' \
      '# or whenever the server of sccache has to be started again. The lines that begin with' \
      '# `warning: sccache:` are repeated by dynbuild at the end of the build.' \
      '#' \
      '# Credentials are in the environment of sccache'"'"'s server alone, not in that of the command, whose build' \
      '# scripts may print theirs.' \
      'secret() { if [ -s "/run/secrets/$2" ]; then export "$1=$(cat "/run/secrets/$2")"; fi; }' \
      'given() { if [ -n "$2" ]; then export "$1=$2"; fi; }' \
      'if [ "$SCCACHE_BACKEND" = off ]; then exec "$@"; fi' \
      'backend=local' \
      'if [ "$USE_SCCACHE" = true ]; then backend=${SCCACHE_BACKEND:-s3}; fi' \
      'bucket=$SCCACHE_BUCKET region=$SCCACHE_REGION endpoint=$SCCACHE_ENDPOINT' \
      'tls=$SCCACHE_S3_USE_SSL prefix=$SCCACHE_PREFIX' \
      'unset SCCACHE_BUCKET SCCACHE_REGION SCCACHE_ENDPOINT SCCACHE_S3_USE_SSL' \
      'remote() {' \
      '  case "$backend" in' \
      '    s3)' \
      '      given SCCACHE_BUCKET "$bucket"; given SCCACHE_REGION "$region"; given SCCACHE_ENDPOINT "$endpoint"' \
      '      given SCCACHE_S3_USE_SSL "$tls"; given SCCACHE_S3_KEY_PREFIX "$prefix"' \
      '      secret AWS_ACCESS_KEY_ID aws-key-id; secret AWS_SECRET_ACCESS_KEY aws-secret-id' \
      '      secret AWS_SESSION_TOKEN aws-session-token; secret AWS_ROLE_ARN aws-role-arn' \
      '      token=/run/secrets/aws-web-identity-token' \
      '      if [ -s "$token" ]; then export AWS_WEB_IDENTITY_TOKEN_FILE="$token"; fi ;;' \
      '    redis)' \
      '      given SCCACHE_REDIS_ENDPOINT "$endpoint"; given SCCACHE_REDIS_KEY_PREFIX "$prefix"' \
      '      secret SCCACHE_REDIS_USERNAME sccache-redis-username' \
      '      secret SCCACHE_REDIS_PASSWORD sccache-redis-password ;;' \
      '    webdav)' \
      '      given SCCACHE_WEBDAV_ENDPOINT "$endpoint"; given SCCACHE_WEBDAV_KEY_PREFIX "$prefix"' \
      '      secret SCCACHE_WEBDAV_USERNAME sccache-webdav-username' \
      '      secret SCCACHE_WEBDAV_PASSWORD sccache-webdav-password' \
      '      secret SCCACHE_WEBDAV_TOKEN sccache-webdav-token ;;' \
      '    gha)' \
      '      export SCCACHE_GHA_ENABLED=on ACTIONS_CACHE_SERVICE_V2=on; given SCCACHE_GHA_VERSION "$prefix"' \
      '      secret ACTIONS_RESULTS_URL actions-results-url' \
      '      secret ACTIONS_RUNTIME_TOKEN actions-runtime-token ;;' \
      '    *) echo "SCCACHE_BACKEND is $backend, not s3, redis, webdav, gha, local or off"; return 1 ;;' \
      '  esac' \
      '}' \
      'work=$(mktemp -d); trap '"'"'rm -r "$work"'"'"' EXIT' \
      'export SCCACHE_DIR=/root/.cache/sccache SCCACHE_IGNORE_SERVER_IO_ERROR=1' \
      'start() { sccache --start-server; }' \
      'why() {' \
      '  cat "$work/log"; echo' \
      '  reason=$(sed -n -e "s/^sccache: error: //p" -e "/^Source:/{n;s/^ */: /p;}" "$work/log" | tr -d "[:cntrl:]")' \
      '  echo "warning: sccache: $1: ${reason:-$(tail -n 1 "$work/log")}"' \
      '}' \
      '# A socket for each attempt: a server that comes up late must not take over.' \
      'export SCCACHE_SERVER_UDS="$work/remote"' \
      'if [ "$backend" != local ] && ! (remote && start) >"$work/log" 2>&1; then' \
      '  why "the $backend cache cannot be used, so objects are kept in the engine"' \
      '  backend=local' \
      'fi' \
      'if [ "$backend" = local ]; then' \
      '  export SCCACHE_SERVER_UDS="$work/local"' \
      '  if ! start >"$work/log" 2>&1; then why "it cannot be started, so nothing is cached"; "$@"; exit; fi' \
      'fi' \
      'export RUSTC_WRAPPER=sccache CARGO_INCREMENTAL=0' \
      'export CMAKE_C_COMPILER_LAUNCHER=sccache CMAKE_CXX_COMPILER_LAUNCHER=sccache' \
      'status=0; "$@" || status=$?' \
      'sccache --show-stats || true; sccache --stop-server >/dev/null 2>&1 || true' \
      'exit $status' > compile \
 && printf '%s\n' \
      '#!/bin/sh -e' \
      '# distribution-apt ARGUMENTS…: apt-get with the lists of the distribution alone.' \
      '#' \
      '# Images of engines also name repositories of NVIDIA, Intel or a PPA. Nothing is wanted of these, and one' \
      '# that is out of step must not end a build, nor may it upgrade CUDA below the engine. Where no list is' \
      '# recognized as the distribution'"'"'s own, all of them count.' \
      '# shellcheck source=/dev/null' \
      '. /etc/os-release' \
      'own=$(mktemp -d)' \
      'trap '"'"'rm -r "$own"'"'"' EXIT' \
      'for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do' \
      '  [ -f "$list" ] || continue' \
      '  entries=$(grep -v "^ *#" "$list" || true)' \
      '  printf "%s\n" "$entries" | grep -q "[ :]${VERSION_CODENAME:-none}\b" || continue' \
      '  ! printf "%s\n" "$entries" | grep -i "signed-by" | grep -v -q "/\(debian\|ubuntu\)-archive-keyring" || continue' \
      '  ! printf "%s\n" "$entries" | grep -q "ppa\.launchpad" || continue' \
      '  cp "$list" "$own/"' \
      'done' \
      'lists="-o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts=$own"' \
      'if [ -z "$(ls "$own")" ]; then lists=; fi' \
      '# shellcheck disable=SC2086 # one word per option' \
      '/opt/build/bin/online apt-get -q -o Acquire::Retries=5 $lists "$@"' > distribution-apt \
 && printf '%s\n' \
      '#!/bin/sh -e' \
      '# fetch URL FILE [SHA256…]: downloads one file, whose checksum must be one of those named.' \
      'url=$1 file=$2' \
      'shift 2' \
      'online curl --fail --silent --show-error --location --retry 5 --output "$file" "$url"' \
      'sum=$(sha256sum "$file" | cut -d" " -f1)' \
      'if [ $# = 0 ]; then' \
      '  rm "$file"' \
      '  echo "error: no checksum is set for $url, whose content has $sum" >&2' \
      '  exit 1' \
      'fi' \
      'case " $* " in' \
      '  *" $sum "*) ;;' \
      '  *)' \
      '    rm "$file"' \
      '    echo "error: $url has the checksum $sum, expected one of: $*" >&2' \
      '    exit 1' \
      '    ;;' \
      'esac' > fetch \
 && printf '%s\n' \
      '#!/bin/sh -e' \
      '# install-packages NAME…: installs packages of the distribution from cache mounts.' \
      'export DEBIAN_FRONTEND=noninteractive' \
      '# Docker'"'"'s images delete every package after its installation: set aside, the cache would stay empty.' \
      'clean=/etc/apt/apt.conf.d/docker-clean' \
      'if [ -f "$clean" ]; then' \
      '  mv "$clean" /tmp/docker-clean' \
      '  trap '"'"'mv /tmp/docker-clean "$clean"'"'"' EXIT' \
      'fi' \
      '# shellcheck disable=SC2086 # one word per package' \
      'install() { "$@" -y install --no-install-recommends $packages; }' \
      'packages=$*' \
      'if ! { /opt/build/bin/distribution-apt update && install /opt/build/bin/distribution-apt; }; then' \
      '  echo "note: the distribution'"'"'s own lists do not do, trying all that the image names" >&2' \
      '  /opt/build/bin/online apt-get -q -o Acquire::Retries=5 update' \
      '  install /opt/build/bin/online apt-get -q -o Acquire::Retries=5' \
      'fi' \
      'rm -rf /var/log/apt /var/log/dpkg.log /var/log/alternatives.log /var/cache/debconf/*-old' > install-packages \
 && printf '%s\n' \
      '#!/bin/sh -e' \
      '# install-requirements FILE…: installs what files name into the environment, by its checksums.' \
      'umask 002' \
      'export UV_CACHE_DIR=/var/cache/uv UV_LINK_MODE=copy PATH="/opt/build/bin:$PATH"' \
      '# An image of an engine may send uv to servers and versions of its own.' \
      'unset UV_EXTRA_INDEX_URL UV_INDEX UV_INDEX_URL UV_INDEX_STRATEGY UV_CONSTRAINT UV_OVERRIDE UV_PYTHON UV_FIND_LINKS' \
      'for file; do' \
      '  if [ -s "$file" ]; then' \
      '    online uv pip install --quiet --compile-bytecode --no-deps --require-hashes --requirement "$file"' \
      '  fi' \
      'done' > install-requirements \
 && printf '%s\n' \
      '#!/bin/sh -e' \
      '# install-wheels FILE…: installs wheels that are there into the environment, nothing else.' \
      'umask 002' \
      'export UV_CACHE_DIR=/var/cache/uv UV_LINK_MODE=copy' \
      'unset UV_CONSTRAINT UV_OVERRIDE UV_PYTHON' \
      '/opt/build/bin/uv pip install --quiet --compile-bytecode --no-deps --offline "$@"' > install-wheels \
 && printf '%s\n' \
      '#!/bin/sh' \
      '# job-count NAME: prints how many jobs of a compilation run at once: $NAME if it is set, else what dynbuild' \
      '# computes from the engine'"'"'s cores and memory (a secret, which is no part of the cache'"'"'s key), else one' \
      '# per core.' \
      'set -e' \
      'value=$(printenv "$1" || true)' \
      'if [ -z "$value" ] && [ -s "/run/secrets/$1" ]; then' \
      '  value=$(cat "/run/secrets/$1")' \
      'fi' \
      'echo "${value:-$(nproc)}"' > job-count \
 && printf '%s\n' \
      '#!/bin/sh -e' \
      '# online COMMAND…: runs a command that downloads, with what the build secrets give it.' \
      '#' \
      '# apt has settings of its own for authorities; it downloads as a user who cannot read the secret.' \
      'given() { [ -f "/run/secrets/$1" ]; }' \
      'if given ca; then' \
      '  for name in SSL_CERT_FILE PIP_CERT CURL_CA_BUNDLE REQUESTS_CA_BUNDLE CARGO_HTTP_CAINFO GIT_SSL_CAINFO; do' \
      '    export "$name=/run/secrets/ca"' \
      '  done' \
      '  export APT_CONFIG=/opt/build/apt.conf' \
      'fi' \
      'if given netrc; then export NETRC=/run/secrets/netrc; fi' \
      'if given pip-index-url; then PIP_INDEX_URL=$(cat /run/secrets/pip-index-url); export PIP_INDEX_URL; fi' \
      'if given uv-default-index; then UV_DEFAULT_INDEX=$(cat /run/secrets/uv-default-index); export UV_DEFAULT_INDEX; fi' \
      'logins=0' \
      'login() {' \
      '  given "$3" || return 0' \
      '  pair=$(printf "%s:%s" "$2" "$(cat "/run/secrets/$3")" | base64 | tr -d "\n")' \
      '  export "GIT_CONFIG_KEY_$logins=http.https://$1/.extraHeader" "GIT_CONFIG_VALUE_$logins=Authorization: Basic $pair"' \
      '  logins=$((logins + 1))' \
      '  export GIT_CONFIG_COUNT=$logins CARGO_NET_GIT_FETCH_WITH_CLI=true' \
      '}' \
      'login github.com x-access-token github-token' \
      'login gitlab.com oauth2 gitlab-token' \
      'exec "$@"' > online \
 && printf '%s\n' \
      '#!/bin/sh -e' \
      '# pinned NAME VERSION [SHA256…]: prints a line for a requirements file.' \
      'printf "%s==%s" "$1" "$2"' \
      'shift 2' \
      'for sum; do printf " --hash=sha256:%s" "$sum"; done' \
      'echo' > pinned \
 && printf '%s\n' \
      '#!/opt/dynamo/venv/bin/python3' \
      '"""prepare-engine ENGINE_SOURCE LIBRARY_DIRECTORIES MODULE…: what an engine needs of root to serve the user.' \
      '' \
      'LIBRARY_DIRECTORIES are patterns: those that exist get onto the loader'"'"'s path, before the system'"'"'s own.' \
      'The modules are compiled to byte code where an image has them, as far as importing them reads files: the' \
      'user could not write it, and would compile them in every process.' \
      '"""' \
      '' \
      'import glob' \
      'import importlib.metadata' \
      'import os' \
      'import pathlib' \
      'import stat' \
      'import subprocess' \
      'import sys' \
      'import tempfile' \
      '' \
      'VENV = pathlib.Path(os.environ["VIRTUAL_ENV"])' \
      'HOME = pathlib.Path(os.environ["DYNAMO_HOME"])' \
      'SCRIPT = """#!{python}' \
      'import sys' \
      'from importlib.metadata import EntryPoint' \
      'sys.exit(EntryPoint(name={name!r}, value={value!r}, group="console_scripts").load()())' \
      '"""' \
      '' \
      'source, patterns, modules = sys.argv[1], sys.argv[2].split(), sys.argv[3:]' \
      '' \
      '# Programs of packages in the image start with its own Python, which does not see the environment.' \
      'for entry in importlib.metadata.entry_points(group="console_scripts"):' \
      '    script = VENV / "bin" / entry.name' \
      '    if not os.path.lexists(script) and entry.name == os.path.basename(entry.name):' \
      '        script.write_text(SCRIPT.format(python=VENV / "bin" / "python3", name=entry.name, value=entry.value))' \
      '        script.chmod(0o775)' \
      '' \
      '# FlashInfer downloads kernels into its package at run time. The directories alone: a changed mode of a' \
      '# file would store the file again.' \
      'for path in sys.path:' \
      '    for place in glob.glob(path + "/flashinfer_cubin/cubins") + glob.glob(path + "/flashinfer_cubin/cubins/**/", recursive=True):' \
      '        os.chown(place, -1, 0)' \
      '        os.chmod(place, stat.S_IMODE(os.stat(place).st_mode) | 0o070)' \
      '' \
      '# Dynamo loads NIXL'"'"'s C interface by name, from the engine'"'"'s own NIXL: a second one would not know of its' \
      '# memory and agents.' \
      'nixl = [place for path in sys.path for pattern in ("tensorrt_llm/libs/nixl", ".nixl_cu*.mesonpy.libs")' \
      '        for place in sorted(glob.glob(os.path.join(path, pattern))) if glob.glob(place + "/libnixl.so*")]' \
      'if nixl:' \
      '    (HOME / "nixl").unlink(missing_ok=True)' \
      '    (HOME / "nixl").symlink_to(nixl[0])' \
      'directories = nixl + [place for pattern in patterns for place in sorted(glob.glob(pattern)) if os.path.isdir(place)]' \
      'if directories:' \
      '    pathlib.Path("/etc/ld.so.conf.d/00-dynamo.conf").write_text("".join(place + "\n" for place in directories))' \
      'subprocess.run(["ldconfig"], check=True)' \
      '' \
      '# Triton'"'"'s own copies serve where the image has no compiler of CUDA.' \
      'tools = HOME / "cuda"' \
      'for name in ("ptxas", "cuobjdump", "nvdisasm"):' \
      '    places = ["/usr/local/cuda/bin", *(path + "/triton/backends/nvidia/bin" for path in sys.path)]' \
      '    found = next((place for place in places if os.access(os.path.join(place, name), os.X_OK)), None)' \
      '    if found:' \
      '        tools.mkdir(exist_ok=True)' \
      '        (tools / name).unlink(missing_ok=True)' \
      '        (tools / name).symlink_to(os.path.join(found, name))' \
      '' \
      'if source == "image":' \
      '    with tempfile.TemporaryDirectory() as home:' \
      '        # What an import leaves in caches would belong to root, and keep the user out.' \
      '        environment = dict(os.environ, HOME=home, XDG_CACHE_HOME=home, TMPDIR=home)' \
      '        for module in modules:' \
      '            # Whether it can be imported is for `check-imports` to say.' \
      '            subprocess.run([sys.executable, "-c", f"import {module}"], env=environment,' \
      '                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)' > prepare-engine \
 && printf '%s\n' \
      '#!/bin/sh -e' \
      '# prepare-runtime ENGINE_SOURCE PYTHON_VERSION ENGINE_COMPILES PACKAGES REMOVES: what every image stands on,' \
      '# made by root: packages of the distribution, the user, directories, the entrypoint, services, FFmpeg.' \
      '#' \
      '# User 1000 of group 0, and files that group 0 may write: so any `--user UID:0` works as well. Everything' \
      '# is created by its owner, for `chown -R` would store every file a second time.' \
      'engine_source=$1 version=$2 engine_compiles=$3 packages="ca-certificates curl $4" removes=$5' \
      'python="python$version"' \
      '' \
      '# The engine'"'"'s image keeps its Python, which an installation would upgrade under the engine.' \
      'if [ "$engine_source" = image ]; then' \
      '  if ! python=$(command -v python3); then' \
      '    echo "error: the engine'"'"'s image has no python3" >&2' \
      '    exit 1' \
      '  fi' \
      '  has=$("$python" -c '"'"'import sys; print(*sys.version_info[:2], sep=".")'"'"')' \
      '  if [ "$has" != "$version" ]; then' \
      '    echo "error: the engine'"'"'s image has Python $has, and PYTHON_VERSION is $version" >&2' \
      '    echo "  fix: --build-arg PYTHON_VERSION=$has" >&2' \
      '    exit 1' \
      '  fi' \
      'else' \
      '  packages="$packages $python"' \
      'fi' \
      'if [ "$engine_compiles" = true ]; then' \
      '  if ! command -v c++ >/dev/null; then packages="$packages g++"; fi' \
      '  include=$("$python" -c '"'"'import sysconfig; print(sysconfig.get_path("include"))'"'"' 2>/dev/null || true)' \
      '  if [ ! -f "$include/Python.h" ]; then packages="$packages python$version-dev"; fi' \
      'fi' \
      '# shellcheck disable=SC2086 # one word per package' \
      '/opt/build/bin/install-packages $packages' \
      '' \
      '# What userdel says about mails and homes is of no interest, only whether the id is free.' \
      'if other=$(getent passwd 1000); then userdel --remove "${other%%:*}" >/dev/null 2>&1 || true; fi' \
      'if other=$(getent passwd 1000); then' \
      '  echo "error: the image'"'"'s user ${other%%:*} has the id 1000 and cannot be removed" >&2' \
      '  exit 1' \
      'fi' \
      'useradd --uid 1000 --gid 0 --create-home --shell /bin/bash dynamo' \
      '# shellcheck disable=SC2086 # one word per path' \
      'if [ -n "$removes" ]; then rm -rf $removes; fi' \
      'install -d -o dynamo -g 0 -m 0775 /home/dynamo /home/dynamo/.cache /home/dynamo/.cache/huggingface \' \
      '  /opt/dynamo /opt/dynamo/bin /workspace /legal' \
      'echo '"'"'umask 002'"'"' >/etc/profile.d/umask.sh' \
      '' \
      'printf '"'"'%s\n'"'"' '"'"'#!/bin/sh'"'"' '"'"'umask 002'"'"' \' \
      '  '"'"'if [ -f /opt/intel/oneapi/setvars.sh ]; then . /opt/intel/oneapi/setvars.sh --force >/dev/null; fi'"'"' \' \
      '  '"'"'exec "$@"'"'"' >/opt/dynamo/bin/entrypoint' \
      'chmod 0755 /opt/dynamo/bin/entrypoint' \
      'cp /opt/services/bin/* /opt/dynamo/bin/' \
      'cp -r /opt/services/legal/. /legal/' \
      'if [ -n "$(ls /tmp/native)" ]; then' \
      '  cp -a /tmp/native /opt/native' \
      '  echo /opt/native/lib >/etc/ld.so.conf.d/native.conf' \
      'fi' \
      'ldconfig' > prepare-runtime \
 && printf '%s\n' \
      '"""What the scripts know about Python packages: those of the environment, of the engine'"'"'s image, of both.' \
      '' \
      'pip'"'"'s copy of `packaging` reads requirements: the helpers'"'"' own Python has pip, an image need not.' \
      '"""' \
      '' \
      'import glob' \
      'import importlib.metadata' \
      'import os' \
      'import pathlib' \
      'import re' \
      'import subprocess' \
      'import sys' \
      '' \
      'sys.path += glob.glob("/opt/build/python/lib/python3*/site-packages/pip/_vendor")' \
      'from packaging import requirements as _requirements  # noqa: E402' \
      '' \
      'VENV = pathlib.Path(os.environ.get("VIRTUAL_ENV", "/opt/dynamo/venv"))' \
      '# CUDA, PyTorch and engines: compiled for each other, so never added to an image or replaced in it.' \
      'PROTECTED = re.compile(r"nvidia-|cuda-|cupy-|torch|triton|pytorch-triton|tensorrt|flashinfer|vllm$|sglang$|sgl-|deep-?gemm|deep-?ep")' \
      '' \
      '' \
      'def plain(name):' \
      '    return re.sub(r"[-_.]+", "-", name).lower()' \
      '' \
      '' \
      'def lines(path):' \
      '    return [line.strip() for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]' \
      '' \
      '' \
      'class Requirement:' \
      '    """A requirement without what only an extra would ask for."""' \
      '' \
      '    def __init__(self, text):' \
      '        self._inner = _requirements.Requirement(text)' \
      '        self.name_plain = plain(self._inner.name)' \
      '        extras = f"[{'"'"','"'"'.join(sorted(self._inner.extras))}]" if self._inner.extras else ""' \
      '        self.plain_text = f"{self._inner.name}{extras}{self._inner.specifier}"' \
      '' \
      '    def counts(self):' \
      '        return self._inner.marker is None or self._inner.marker.evaluate({"extra": ""})' \
      '' \
      '    def accepts(self, version):' \
      '        # A development version of an engine'"'"'s image stands for the release that it leads to.' \
      '        return self._inner.specifier.contains(version, prereleases=True)' \
      '' \
      '' \
      'def visible_packages():' \
      '    """Every package that the environment imports, by name; the environment'"'"'s own come first."""' \
      '    return _by_name(importlib.metadata.distributions())' \
      '' \
      '' \
      'def engine_python():' \
      '    """The Python of the engine'"'"'s image."""' \
      '    return (VENV / "engine-python").read_text().strip()' \
      '' \
      '' \
      'def image_packages():' \
      '    """The packages that the resolver sees in the image: not those of its distribution."""' \
      '    code = "import sysconfig; print(sysconfig.get_path('"'"'purelib'"'"')); print(sysconfig.get_path('"'"'platlib'"'"'))"' \
      '    paths = subprocess.run([engine_python(), "-c", code], check=True, text=True, stdout=subprocess.PIPE).stdout.split()' \
      '    return _by_name(importlib.metadata.distributions(path=paths))' \
      '' \
      '' \
      'def _by_name(found):' \
      '    packages = {}' \
      '    for distribution in found:' \
      '        name = distribution.metadata["Name"]' \
      '        if name and distribution.version:' \
      '            packages.setdefault(plain(name), distribution)' \
      '    return packages' \
      '' \
      '' \
      'def needs(distribution):' \
      '    """What a package requires here, extras aside."""' \
      '    found = []' \
      '    for text in distribution.requires or []:' \
      '        try:' \
      '            requirement = Requirement(text)' \
      '        except _requirements.InvalidRequirement:' \
      '            continue' \
      '        if requirement.counts():' \
      '            found.append(requirement)' \
      '    return found' \
      '' \
      '' \
      'def absent(roots, packages):' \
      '    """Pairs of a package and what it requires but nobody brings, for roots and all below them."""' \
      '    found, seen, queue = [], set(), list(roots)' \
      '    while queue:' \
      '        name = queue.pop()' \
      '        if name in seen:' \
      '            continue' \
      '        seen.add(name)' \
      '        for requirement in needs(packages[name]):' \
      '            if requirement.name_plain in packages:' \
      '                queue.append(requirement.name_plain)' \
      '            else:' \
      '                found.append((name, requirement))' \
      '    return found' > python_packages.py \
 && printf '%s\n' \
      '#!/bin/sh -e' \
      '# resolve PYTHON WHEELS INTO: resolves what the wheels in a directory need, as of a date.' \
      '#' \
      '# Environment: EXTRAS of ai-dynamo, MORE requirements and OVERRIDES, FLOORS that versions must not fall' \
      '# below, BEFORE, the date after which nothing exists for the resolver; ENGINE, where the engine comes' \
      '# from. Where that is an image, the resolution is left to `add-to-engine`, which knows the image.' \
      'python=$1 wheels=$2 into=$3' \
      'cd "$into"' \
      'wheel-requirements --extras "$EXTRAS" "$wheels"/*.whl >dynamo.in' \
      'printf "%b\n" "$MORE" | sed "/^ *$/d" >>dynamo.in' \
      'printf "%b\n" "$OVERRIDES" | sed "/^ *$/d" >overrides.txt' \
      'printf "%s\n" "$FLOORS" | sed "/^ *$/d" >floors.txt' \
      'if [ "$ENGINE" = image ]; then' \
      '  touch requirements.txt' \
      'else' \
      '  online uv pip compile --quiet --no-header --no-annotate --generate-hashes --python "$python" \' \
      '    --override overrides.txt --constraint floors.txt ${BEFORE:+--exclude-newer "$BEFORE"} \' \
      '    dynamo.in --output-file requirements.txt' \
      'fi' \
      'split-requirements requirements.txt requirements' > resolve \
 && printf '%s\n' \
      '#!/opt/build/python/bin/python3' \
      '"""split-requirements FILE DIRECTORY: a file for each layer of packages.' \
      '' \
      'They change at different times and have gigabytes: CUDA'"'"'s libraries, PyTorch, the engine, and the rest.' \
      '"""' \
      '' \
      'import pathlib' \
      'import re' \
      'import sys' \
      '' \
      'GROUPS = {' \
      '    "cuda": r"nvidia-|cuda-|cupy-",' \
      '    "torch": r"torch|triton",' \
      '    "engine": r"vllm|sglang|sgl-|flashinfer|nixl|lmcache|xgrammar|ray\b",' \
      '    "rest": r"",' \
      '}' \
      '' \
      'parts = {name: [] for name in GROUPS}' \
      'text = pathlib.Path(sys.argv[1]).read_text()' \
      'for block in re.findall(r"^\w.*(?:\n .*)*", text, re.MULTILINE):' \
      '    parts[next(name for name, start in GROUPS.items() if re.match(start, block))].append(block + "\n")' \
      'directory = pathlib.Path(sys.argv[2])' \
      'directory.mkdir()' \
      'for name, blocks in parts.items():' \
      '    (directory / (name + ".txt")).write_text("".join(blocks))' > split-requirements \
 && printf '%s\n' \
      '#!/bin/sh -e' \
      '# take-program NAME SOURCE PACKAGE URL [SHA256…]: takes one program out of a package or a release, with' \
      '# its licence; nothing gets installed.' \
      'name=$1 source=$2 package=$3 url=$4' \
      'shift 4' \
      'mkdir -p /opt/services/bin "/opt/services/legal/$name"' \
      'work=$(mktemp -d)' \
      'cd "$work"' \
      'case "$source" in' \
      '  package)' \
      '    distribution-apt update' \
      '    distribution-apt -o APT::Sandbox::User=root download "$package"' \
      '    dpkg-deb --extract ./*.deb .' \
      '    ;;' \
      '  archive)' \
      '    fetch "$url" archive.tar.gz "$@"' \
      '    tar -xzf archive.tar.gz --no-same-owner' \
      '    ;;' \
      '  *)' \
      '    echo "error: the source of $name is \"$source\", not package or archive" >&2' \
      '    exit 1' \
      '    ;;' \
      'esac' \
      'find . -path ./etc -prune -o -type f -name "$name" -perm -u+x -exec install -m 0755 -t /opt/services/bin {} +' \
      'find . -type f \( -name copyright -o -iname "LICENSE*" -o -iname "NOTICE*" \) \' \
      '  -exec install -m 0644 -t "/opt/services/legal/$name" {} +' \
      'rm -r "$work"' \
      'if [ ! -x "/opt/services/bin/$name" ]; then' \
      '  echo "error: there is no program $name in the $source $package" >&2' \
      '  exit 1' \
      'fi' > take-program \
 && printf '%s\n' \
      '#!/opt/build/python/bin/python3' \
      '"""wheel-requirements [--extras NAMES] WHEEL…: what wheels need of others, a requirement per line.' \
      '' \
      'It depends on the metadata of the wheels alone, so that steps below it are not run again for every' \
      'change of their code.' \
      '"""' \
      '' \
      'import argparse' \
      'import re' \
      'import zipfile' \
      'from email.parser import Parser' \
      '' \
      '' \
      'def metadata(wheel):' \
      '    with zipfile.ZipFile(wheel) as archive:' \
      '        name = next(name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name))' \
      '        return Parser().parsestr(archive.read(name).decode())' \
      '' \
      '' \
      'def plain(name):' \
      '    return re.sub(r"[-_.]+", "-", name).lower()' \
      '' \
      '' \
      'parser = argparse.ArgumentParser()' \
      'parser.add_argument("--extras", default="")' \
      'parser.add_argument("wheels", nargs="+")' \
      'arguments = parser.parse_args()' \
      'extras = re.findall(r"[\w.-]+", arguments.extras)' \
      'wheels = [metadata(wheel) for wheel in arguments.wheels]' \
      'own = {plain(wheel["Name"]) for wheel in wheels}' \
      'for wheel in wheels:' \
      '    known = {plain(extra) for extra in wheel.get_all("Provides-Extra", [])}' \
      '    for requirement in wheel.get_all("Requires-Dist", []):' \
      '        text, _, marker = (part.strip() for part in requirement.partition(";"))' \
      '        if plain(re.match(r"[\w.-]+", text)[0]) in own:' \
      '            continue' \
      '        # `extra == "vllm"` is either wanted or not; what else a marker asks is for the resolver.' \
      '        names = re.findall(r"""extra\s*==\s*["'"'"']([^"'"'"']+)["'"'"']""", marker)' \
      '        if names and not set(map(plain, names)) & set(map(plain, extras)) & known:' \
      '            continue' \
      '        rest = re.sub(r"""(\s*and\s*)?\(?extra\s*==\s*["'"'"'][^"'"'"']+["'"'"']\)?(\s*and\s*)?""", "", marker).strip()' \
      '        print(text + (" ; " + rest if rest else ""))' > wheel-requirements \
 && chmod 0755 *
