package dev.tethys.api.pyroscope.debuginfo;

import dev.tethys.codec.elf.ElfBudget;
import dev.tethys.codec.elf.ElfFile;
import dev.tethys.codec.elf.SourceFrame;
import dev.tethys.codec.elf.SourceFrames;
import dev.tethys.codec.elf.SplitFiles;
import dev.tethys.codec.symbol.SymbolNames;
import dev.tethys.model.access.Scope;
import dev.tethys.model.profiles.AddressSymbols;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Resolves function names from debug information files in the store, on this host, or on another
 * server. Frames are kept by address up to a number of bytes, files are not: the tables of a large
 * program take many megabytes. A file is read by one thread at a time, within an {@link ElfBudget};
 * other files are read meanwhile. Thread-safe.
 */
public final class Symbolizer implements AddressSymbols {
  private static final int MAX_BUILDS = 100_000;
  private static final long HEAP = Runtime.getRuntime().maxMemory();

  /** Memory for one file, and for all files that are read concurrently. */
  private static final long MAX_READING = Math.min(1L << 30, HEAP / 4);

  private static final long MAX_READING_ALL = MAX_READING + MAX_READING / 2;

  /** Minimum memory for a file: a compressed one needs a multiple of its size. */
  private static final long MIN_READING = MAX_READING / 16;

  private static final int PART_OF_A_SIZE = 4;
  private static final Duration MAX_TIME = Duration.ofSeconds(30);

  /** Bytes of the names from one file, and of all that are kept. */
  private static final long MAX_NAMES = Math.min(64L << 20, HEAP / 64);

  private static final long MAX_KEPT = 4 * MAX_NAMES;
  private static final int FRAME_BYTES = 80;
  private static final int STEPS_OF_A_NAME = 1000; // to make it readable
  private static final long UNKNOWN_NANOS = 60_000_000_000L;
  private static final String DEBUG_FOLDER = "/usr/lib/debug/.build-id";

  private record Build(String tenant, String buildId) {}

  /** Frames of a build by file offset, or by address if it is not mapped. */
  private static final class Known {
    final Map<Long, List<Frame>> frames = new HashMap<>();
    long bytes; // of the frames, about
    long emptySince; // time of the last search without a file
    boolean empty;
    String missing = ""; // build id of a file whose names are missing in frames
  }

  private final DebugInfoStore store;
  private final boolean local;
  private final @Nullable Debuginfod upstream;
  private final LongSupplier nanoTime;
  private final Path debugFolder;
  private final Map<Build, Known> builds = new LinkedHashMap<>(16, 0.75f, true); // by use
  private final Set<Build> reading = new HashSet<>();
  private final ReadingMemory memory;
  private long kept;

  /**
   * @param client client for the upstream server in the options
   */
  public Symbolizer(
      DebugInfoStore store, DebugInfoOptions options, WebClient client, LongSupplier nanoTime) {
    this(store, options, client, nanoTime, Path.of(DEBUG_FOLDER));
  }

  Symbolizer(
      DebugInfoStore store,
      DebugInfoOptions options,
      WebClient client,
      LongSupplier nanoTime,
      Path debugFolder) {
    this.store = store;
    this.local = options.local();
    this.upstream =
        options.upstream() == null
            ? null
            : new Debuginfod(options.upstream(), client, options.timeout(), store, nanoTime);
    this.nanoTime = nanoTime;
    this.memory = new ReadingMemory(MAX_READING_ALL, MAX_READING, System::nanoTime);
    this.debugFolder = debugFolder;
  }

  /** Discards what is known about a build after its file was stored. */
  public synchronized void forget(String tenant, String buildId) {
    Iterator<Map.Entry<Build, Known>> all = builds.entrySet().iterator();
    while (all.hasNext()) {
      Map.Entry<Build, Known> e = all.next();
      Known k = e.getValue();
      if (e.getKey().tenant.equals(tenant)
          && (e.getKey().buildId.equals(buildId) || k.missing.equals(buildId))) {
        kept -= k.bytes;
        all.remove();
      }
    }
  }

  @Override
  public List<List<Frame>> frames(
      Scope scope, Mapped file, long[] addresses, BooleanSupplier stopped) {
    String tenant = scope.tenant();
    String id = BuildId.parse(file.buildId());
    List<List<Frame>> out = new ArrayList<>(addresses.length);
    List<Integer> unknown = new ArrayList<>();
    boolean search = known(tenant, id, file, addresses, out, unknown);
    if (id == null || !search || unknown.isEmpty()) {
      return out;
    }
    Build build = new Build(tenant, id);
    begin(build, stopped);
    try {
      unknown.clear();
      out.clear();
      if (known(tenant, id, file, addresses, out, unknown) && !unknown.isEmpty()) {
        search(build, file, addresses, out, unknown, stopped);
      }
    } finally {
      end(build);
    }
    return out;
  }

  /** Waits until no other thread reads a file of a build. */
  private synchronized void begin(Build build, BooleanSupplier stopped) {
    while (!reading.add(build)) {
      ReadingMemory.pause(this, stopped);
    }
  }

  private synchronized void end(Build build) {
    reading.remove(build);
    notifyAll();
  }

  /** Adds the cached frames; returns false if there is no file to search for the others. */
  private synchronized boolean known(
      String tenant,
      @Nullable String id,
      Mapped file,
      long[] addresses,
      List<List<Frame>> out,
      List<Integer> unknown) {
    Known k = id == null ? null : builds.get(new Build(tenant, id));
    for (int i = 0; i < addresses.length; i++) {
      List<Frame> frames = k == null ? null : k.frames.get(key(file, addresses[i]));
      if (frames == null) {
        unknown.add(i);
        frames = List.of();
      }
      out.add(frames);
    }
    return k == null || !k.empty || nanoTime.getAsLong() - k.emptySince > UNKNOWN_NANOS;
  }

  private static boolean isMapped(Mapped file, long address) {
    return file.start() != 0 && address >= file.start() && address < file.limit();
  }

  private static long key(Mapped file, long address) {
    return isMapped(file, address)
        ? address - file.start() + file.offset() | Long.MIN_VALUE
        : address;
  }

  private void search(
      Build build,
      Mapped file,
      long[] addresses,
      List<List<Frame>> out,
      List<Integer> unknown,
      BooleanSupplier stopped) {
    Path path = file(build.tenant, build.buildId, file);
    Found found =
        path == null ? Found.NOTHING : read(build, path, file, addresses, unknown, stopped);
    if (found == null) {
      return; // requested again by the next query
    }
    keep(build, file, addresses, unknown, found);
    if (found.frames != null) {
      for (int i = 0; i < unknown.size(); i++) {
        out.set(unknown.get(i), found.frames.get(i));
      }
    }
  }

  /**
   * Frames of addresses from a file.
   *
   * @param frames null if it cannot be read
   * @param bytes approximate size of the frames in bytes
   * @param missing build id of another file, whose names are missing
   */
  private record Found(@Nullable List<List<Frame>> frames, long bytes, String missing) {
    static final Found NOTHING = new Found(null, 0, "");
  }

  /**
   * Reads a file with as much memory as it needs; returns null if there is not so much at present.
   */
  private @Nullable Found read(
      Build build,
      Path path,
      Mapped file,
      long[] addresses,
      List<Integer> unknown,
      BooleanSupplier stopped) {
    boolean isLocal = !path.equals(store.find(build.tenant, build.buildId));
    Path packed = store.findPackage(build.tenant, build.buildId);
    long most = memory.largest();
    for (long bytes = Math.min(most, expected(path)); ; bytes = Math.min(most, 4 * bytes)) {
      if (!memory.take(bytes, stopped)) {
        return null;
      }
      ElfBudget budget = new ElfBudget(bytes, ElfBudget.STEPS, MAX_TIME, stopped);
      try (Split split = new Split(build.tenant, packed, isLocal ? path : null, budget)) {
        Found found = read(path, split, file, addresses, unknown);
        if (bytes == most || !budget.isOutOfBytes()) {
          return found;
        }
      } finally {
        memory.give(bytes);
      }
    }
  }

  private static long expected(Path file) {
    try {
      return MIN_READING + PART_OF_A_SIZE * Math.min(Files.size(file), MAX_READING);
    } catch (IOException e) {
      return MIN_READING;
    }
  }

  private synchronized void keep(
      Build build, Mapped file, long[] addresses, List<Integer> unknown, Found found) {
    Known k = builds.computeIfAbsent(build, _ -> new Known());
    List<List<Frame>> frames = found.frames;
    k.missing = found.missing.isEmpty() ? k.missing : found.missing;
    k.empty = frames == null;
    k.emptySince = nanoTime.getAsLong();
    if (frames != null) {
      for (int i = 0; i < unknown.size(); i++) {
        k.frames.put(key(file, addresses[unknown.get(i)]), frames.get(i));
      }
      k.bytes += found.bytes;
      kept += found.bytes;
    }
    Iterator<Map.Entry<Build, Known>> oldest = builds.entrySet().iterator();
    while ((kept > MAX_KEPT || builds.size() > MAX_BUILDS) && oldest.hasNext()) {
      kept -= oldest.next().getValue().bytes;
      oldest.remove();
    }
  }

  /** Returns the file with the most information on a build; null if there is none. */
  private @Nullable Path file(String tenant, String id, Mapped mapped) {
    Path stored = store.find(tenant, id);
    if (stored != null) {
      return stored;
    }
    Path plain = null;
    if (local) {
      List<Path> places = new ArrayList<>();
      places.add(debugFile(id));
      try {
        if (mapped.path().startsWith("/")) {
          places.add(Path.of(mapped.path()));
        }
      } catch (InvalidPathException e) {
        // no file of this machine
      }
      for (Path p : places) {
        Boolean lines = Files.isRegularFile(p) ? hasLines(p, id) : null;
        if (lines != null && lines) {
          return p;
        }
        plain = lines == null ? plain : p;
      }
    }
    Debuginfod u = upstream;
    return u != null && u.fetch(id) ? store.find(tenant, id) : plain;
  }

  private Path debugFile(String id) {
    return debugFolder.resolve(id.substring(0, 2)).resolve(id.substring(2) + ".debug");
  }

  /** Whether a file has line numbers; null if it is of another build. */
  private static @Nullable Boolean hasLines(Path file, String id) {
    try (ElfFile elf = ElfFile.open(file)) {
      return elf.buildIds().contains(id) ? SourceFrames.hasLines(elf) : null;
    } catch (IOException e) {
      return null;
    }
  }

  /** Other files of a program: from the store, this host, or the other server. */
  private final class Split implements SplitFiles, AutoCloseable {
    private final String tenant;
    private final @Nullable Path stored;
    private final @Nullable Path program; // null unless it is on this machine
    private final ElfBudget budget;
    private @Nullable ElfFile packed;
    private @Nullable ElfFile supplement;
    private String missing = "";

    Split(String tenant, @Nullable Path stored, @Nullable Path program, ElfBudget budget) {
      this.tenant = tenant;
      this.stored = stored;
      this.program = program;
      this.budget = budget;
    }

    @Override
    public @Nullable ElfFile packed() {
      Path beside = program == null ? null : program.resolveSibling(program.getFileName() + ".dwp");
      packed = stored == null ? open(beside) : open(stored);
      return packed;
    }

    /**
     * Opens a file only for programs on this host, because other hosts' paths have a different
     * meaning.
     */
    @Override
    public @Nullable ElfFile open(String path) {
      try {
        return program == null ? null : open(program.resolveSibling(path));
      } catch (InvalidPathException e) {
        return null; // no file of this machine
      }
    }

    @Override
    public @Nullable ElfFile supplement(String path, String buildId) {
      String id = BuildId.parse(buildId);
      if (id == null) {
        return null;
      }
      ElfFile found = ofBuild(store.find(tenant, id), id);
      if (found == null && program != null) {
        try {
          found = ofBuild(program.resolveSibling(path), id);
        } catch (InvalidPathException e) {
          // no file of this machine
        }
        found = found == null ? ofBuild(debugFile(id), id) : found;
      }
      Debuginfod u = upstream;
      if (found == null && u != null && u.fetch(id)) {
        found = ofBuild(store.find(tenant, id), id);
      }
      supplement = found;
      missing = found == null ? id : "";
      return found;
    }

    private @Nullable ElfFile ofBuild(@Nullable Path file, String id) {
      ElfFile elf = open(file);
      try {
        if (elf != null && !elf.buildIds().contains(id)) {
          elf.close();
          return null;
        }
        return elf;
      } catch (IOException e) {
        return null; // damaged: the names in the program are left
      }
    }

    private @Nullable ElfFile open(@Nullable Path file) {
      try {
        return file == null || !Files.isRegularFile(file) ? null : ElfFile.open(file, budget);
      } catch (IOException e) {
        return null; // damaged: the symbol tables are left
      }
    }

    @Override
    public void close() {
      try {
        if (packed != null) {
          packed.close();
        }
        if (supplement != null) {
          supplement.close();
        }
      } catch (IOException e) {
        // it was read only
      }
    }
  }

  private static Found read(
      Path path, Split split, Mapped file, long[] addresses, List<Integer> unknown) {
    try (ElfFile elf = ElfFile.open(path, split.budget)) {
      long[] inFile = new long[unknown.size()];
      for (int i = 0; i < inFile.length; i++) {
        inFile[i] =
            elf.addressOf(addresses[unknown.get(i)], file.start(), file.limit(), file.offset());
      }
      Names names = new Names(split.budget);
      List<List<Frame>> out = new ArrayList<>();
      for (List<SourceFrame> frames : SourceFrames.of(elf, split, inFile)) {
        out.add(names.frames(frames));
      }
      return new Found(out, names.bytes, split.missing);
    } catch (IOException e) {
      return Found.NOTHING;
    }
  }

  /** Frames with readable names. Equal strings are one object; those beyond a size are omitted. */
  private static final class Names {
    private final ElfBudget budget;
    private final Map<String, String> texts = new HashMap<>();
    private final Map<String, String> readable = new HashMap<>();
    private long bytes;

    Names(ElfBudget budget) {
      this.budget = budget;
    }

    List<Frame> frames(List<SourceFrame> of) {
      bytes += FRAME_BYTES;
      List<Frame> out = new ArrayList<>();
      for (SourceFrame f : of) {
        if (!f.symbol().isEmpty() && bytes < MAX_NAMES) {
          bytes += FRAME_BYTES;
          out.add(new Frame(readable(f.symbol()), text(f.symbol()), text(f.file()), f.line()));
        }
      }
      return List.copyOf(out);
    }

    private String text(String s) {
      String known = texts.putIfAbsent(s, s);
      if (known == null) {
        bytes += s.length();
        return s;
      }
      return known;
    }

    private String readable(String symbol) {
      String known = readable.get(symbol);
      if (known == null) {
        try {
          budget.take(STEPS_OF_A_NAME);
          known = text(SymbolNames.readable(symbol));
        } catch (IOException e) {
          known = symbol; // no more steps
        }
        readable.put(symbol, known);
      }
      return known;
    }
  }
}
