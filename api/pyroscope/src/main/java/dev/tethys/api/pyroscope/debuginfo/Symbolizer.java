package dev.tethys.api.pyroscope.debuginfo;

import dev.tethys.codec.elf.ElfFile;
import dev.tethys.codec.elf.SourceFrame;
import dev.tethys.codec.elf.SourceFrames;
import dev.tethys.codec.elf.SplitFiles;
import dev.tethys.codec.symbol.SymbolNames;
import dev.tethys.model.profiles.AddressSymbols;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Names functions from files with debug information: those of the store, of this machine, of
 * another server. Frames are kept by address up to a number of addresses, files are not: the tables
 * of a large program take many megabytes. One file is read at a time. Safe for several threads.
 */
public final class Symbolizer implements AddressSymbols {
  private static final int MAX_KEPT = 1_000_000;
  private static final long MAX_SECTION = 256 << 20;
  private static final long UNKNOWN_NANOS = 60_000_000_000L;
  private static final String DEBUG_FOLDER = "/usr/lib/debug/.build-id";

  private record Build(String tenant, String buildId) {}

  /** Frames of a build by offset in the file, or by address where it is not mapped. */
  private static final class Known {
    final Map<Long, List<Frame>> frames = new HashMap<>();
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
  private final ReentrantLock reading = new ReentrantLock();
  private long kept;

  /**
   * @param client for the server of the options
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
    this.debugFolder = debugFolder;
  }

  /** Forgets what is known of a build, after a file of it was stored. */
  public synchronized void forget(String tenant, String buildId) {
    Iterator<Map.Entry<Build, Known>> all = builds.entrySet().iterator();
    while (all.hasNext()) {
      Map.Entry<Build, Known> e = all.next();
      Known k = e.getValue();
      if (e.getKey().tenant.equals(tenant)
          && (e.getKey().buildId.equals(buildId) || k.missing.equals(buildId))) {
        kept -= k.frames.size();
        all.remove();
      }
    }
  }

  @Override
  public List<List<Frame>> frames(
      String tenant, Mapped file, long[] addresses, BooleanSupplier stopped) {
    String id = BuildId.parse(file.buildId());
    List<List<Frame>> out = new ArrayList<>(addresses.length);
    List<Integer> unknown = new ArrayList<>();
    boolean search = known(tenant, id, file, addresses, out, unknown);
    if (id == null || !search || unknown.isEmpty()) {
      return out;
    }
    while (!acquire(stopped)) {
      continue;
    }
    try {
      unknown.clear();
      out.clear();
      if (known(tenant, id, file, addresses, out, unknown) && !unknown.isEmpty()) {
        search(tenant, id, file, addresses, out, unknown);
      }
    } finally {
      reading.unlock();
    }
    return out;
  }

  private boolean acquire(BooleanSupplier stopped) {
    try {
      boolean mine = reading.tryLock(100, TimeUnit.MILLISECONDS);
      if (!mine && stopped.getAsBoolean()) {
        throw new CancellationException("the query is over");
      }
      return mine;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("interrupted");
    }
  }

  /** Adds the frames that are kept; false if there is no file to search for the others. */
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
      String tenant,
      String id,
      Mapped file,
      long[] addresses,
      List<List<Frame>> out,
      List<Integer> unknown) {
    Path found = file(tenant, id, file);
    List<List<Frame>> frames = null;
    String missing = "";
    if (found != null) {
      boolean isLocal = !found.equals(store.find(tenant, id));
      try (Split split = new Split(tenant, store.findPackage(tenant, id), isLocal ? found : null)) {
        frames = read(found, split, file, addresses, unknown);
        missing = split.missing;
      }
    }
    keep(new Build(tenant, id), file, addresses, unknown, frames, missing);
    if (frames != null) {
      for (int i = 0; i < unknown.size(); i++) {
        out.set(unknown.get(i), frames.get(i));
      }
    }
  }

  private synchronized void keep(
      Build build,
      Mapped file,
      long[] addresses,
      List<Integer> unknown,
      @Nullable List<List<Frame>> frames,
      String missing) {
    Known k = builds.computeIfAbsent(build, _ -> new Known());
    k.missing = missing.isEmpty() ? k.missing : missing;
    k.empty = frames == null;
    k.emptySince = nanoTime.getAsLong();
    if (frames != null) {
      int before = k.frames.size();
      for (int i = 0; i < unknown.size(); i++) {
        k.frames.put(key(file, addresses[unknown.get(i)]), frames.get(i));
      }
      kept += k.frames.size() - before;
    }
    Iterator<Map.Entry<Build, Known>> oldest = builds.entrySet().iterator();
    while ((kept > MAX_KEPT || builds.size() > MAX_KEPT / 10) && oldest.hasNext()) {
      kept -= oldest.next().getValue().frames.size();
      oldest.remove();
    }
  }

  /** File with the most information on a build; null if there is none. */
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

  /** Other files of a program: stored, of this machine, or of the other server. */
  private final class Split implements SplitFiles, AutoCloseable {
    private final String tenant;
    private final @Nullable Path stored;
    private final @Nullable Path program; // null unless it is on this machine
    private @Nullable ElfFile packed;
    private @Nullable ElfFile supplement;
    private String missing = "";

    Split(String tenant, @Nullable Path stored, @Nullable Path program) {
      this.tenant = tenant;
      this.stored = stored;
      this.program = program;
    }

    @Override
    public @Nullable ElfFile packed() {
      Path beside = program == null ? null : program.resolveSibling(program.getFileName() + ".dwp");
      packed = stored == null ? open(beside) : open(stored);
      return packed;
    }

    /** Only of programs of this machine: the paths in others are not those of this one. */
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
        return file == null || !Files.isRegularFile(file) ? null : ElfFile.open(file);
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

  private static @Nullable List<List<Frame>> read(
      Path path, SplitFiles split, Mapped file, long[] addresses, List<Integer> unknown) {
    long max = Math.min(MAX_SECTION, Runtime.getRuntime().maxMemory() / 8);
    try (ElfFile elf = ElfFile.open(path)) {
      long[] inFile = new long[unknown.size()];
      for (int i = 0; i < inFile.length; i++) {
        inFile[i] =
            elf.addressOf(addresses[unknown.get(i)], file.start(), file.limit(), file.offset());
      }
      List<List<Frame>> out = new ArrayList<>();
      for (List<SourceFrame> frames : SourceFrames.of(elf, split, inFile, max)) {
        out.add(frames.stream().filter(f -> !f.symbol().isEmpty()).map(Symbolizer::frame).toList());
      }
      return out;
    } catch (IOException e) {
      return null;
    }
  }

  private static Frame frame(SourceFrame f) {
    return new Frame(SymbolNames.readable(f.symbol()), f.symbol(), f.file(), f.line());
  }
}
