package dev.tethys.testkit;

import dev.tethys.model.file.FileAccess;
import java.io.Closeable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Simulated disk in memory that can lose power at any operation, become full, fail to sync, or
 * abort writes with an error of the process.
 *
 * <p>After a power cut ({@link #afterPowerCut}) a file keeps the synced data and any part of later
 * data, with missing sectors in between; a folder keeps the synced names and some prefix of later
 * changes. Data that once failed to sync is lost then, even if a later sync succeeded, as on Linux.
 * After the end of the process only ({@link #afterKill}) everything written is preserved. All
 * choices come from the given random numbers, so a seed reproduces a failure.
 */
public final class SimulatedFiles implements FileAccess {
  /** Thrown after a power cut; no operation works. */
  public static final class PowerCut extends Error {
    private static final long serialVersionUID = 1L;

    PowerCut() {
      super("power cut");
    }
  }

  private static final int SECTOR = 64; // small, so that small files have several

  private static final class Content {
    byte[] bytes = new byte[64];
    int size;
    int durable;
    int droppedFrom; // bytes that the kernel forgot when they could not be written
    int droppedTo;

    Content copy() {
      Content c = new Content();
      c.bytes = bytes.clone();
      c.size = size;
      c.durable = durable;
      c.droppedFrom = droppedFrom;
      c.droppedTo = droppedTo;
      return c;
    }
  }

  /** Change of names in one folder: the removed and the added name. */
  private record Change(@Nullable String remove, @Nullable String put, @Nullable Object node) {}

  private static final class Folder {
    final TreeMap<String, Object> now = new TreeMap<>();
    final TreeMap<String, Object> durable = new TreeMap<>();
    final List<Change> pending = new ArrayList<>();

    void change(Change c) {
      apply(now, c);
      pending.add(c);
    }

    static void apply(Map<String, Object> m, Change c) {
      if (c.remove != null) {
        m.remove(c.remove);
      }
      if (c.put != null && c.node != null) {
        m.put(c.put, c.node);
      }
    }
  }

  private final Random random;
  private Folder root = new Folder();
  private final Set<Path> locks = new HashSet<>();
  private int operations;
  private int cutAt = Integer.MAX_VALUE;
  private boolean dead;
  private long freeBytes = Long.MAX_VALUE;
  private boolean failForce;
  private boolean outOfMemory;
  private String refusedNames = "";

  public SimulatedFiles(long seed) {
    random = new Random(seed);
  }

  /** Cuts the power at the n-th operation from now. */
  public void cutAfter(int n) {
    cutAt = operations + n;
  }

  public int operations() {
    return operations;
  }

  public void setFree(long bytes) {
    freeBytes = bytes;
  }

  /** Prevents the creation of files whose path contains this text; empty if none. */
  public synchronized void failNames(String part) {
    refusedNames = part;
  }

  public void failForce(boolean fail) {
    failForce = fail;
  }

  /** Sets whether writes and syncs run out of memory; half of a write then reaches the file. */
  public synchronized void outOfMemory(boolean now) {
    outOfMemory = now;
  }

  /** Returns the disk as found by the next process after a power loss. */
  public SimulatedFiles afterPowerCut() {
    return next(true);
  }

  /** Returns the disk as found by the next process if only the process ended. */
  public SimulatedFiles afterKill() {
    return next(false);
  }

  private SimulatedFiles next(boolean power) {
    SimulatedFiles s = new SimulatedFiles(random.nextLong());
    s.root = survive(root, power, new HashMap<>());
    return s;
  }

  private Folder survive(Folder f, boolean power, Map<Content, Content> seen) {
    Map<String, Object> names;
    if (power) {
      names = new TreeMap<>(f.durable);
      int keep = f.pending.isEmpty() ? 0 : random.nextInt(f.pending.size() + 1);
      for (Change c : f.pending.subList(0, keep)) {
        Folder.apply(names, c);
      }
    } else {
      names = f.now;
    }
    Folder out = new Folder();
    names.forEach(
        (name, node) -> {
          Object n =
              node instanceof Folder sub
                  ? survive(sub, power, seen)
                  : seen.computeIfAbsent((Content) node, c -> survive(c, power));
          out.now.put(name, n);
          out.durable.put(name, n);
        });
    return out;
  }

  private Content survive(Content c, boolean power) {
    Content s = c.copy();
    if (power && s.droppedFrom < s.droppedTo) {
      Arrays.fill(s.bytes, s.droppedFrom, s.droppedTo, (byte) 0);
    }
    s.droppedTo = 0;
    if (power && s.size > s.durable) {
      s.size = s.durable + random.nextInt(s.size - s.durable + 1);
      for (int at = s.durable; at < s.size; at += SECTOR) {
        if (random.nextInt(4) == 0) {
          Arrays.fill(s.bytes, at, Math.min(s.size, at + SECTOR), (byte) 0);
        }
      }
    }
    s.durable = s.size;
    return s;
  }

  private void step() {
    if (dead) {
      throw new PowerCut();
    }
    if (++operations >= cutAt) {
      dead = true;
      throw new PowerCut();
    }
  }

  private void alive() {
    if (dead) {
      throw new PowerCut();
    }
  }

  private @Nullable Object find(Path p) {
    Object node = root;
    for (Path name : p) {
      if (!(node instanceof Folder f)) {
        return null;
      }
      node = f.now.get(name.toString());
    }
    return node;
  }

  private Folder folder(@Nullable Path p) throws IOException {
    if (p == null) {
      return root;
    }
    Object node = find(p);
    if (node instanceof Folder f) {
      return f;
    }
    throw new NoSuchFileException(p.toString());
  }

  private Content content(Path p) throws IOException {
    Object node = find(p);
    if (node instanceof Content c) {
      return c;
    }
    throw new NoSuchFileException(p.toString());
  }

  private static String name(Path p) {
    return p.getFileName().toString();
  }

  @Override
  public synchronized WritableFile create(Path path) throws IOException {
    if (!refusedNames.isEmpty() && path.toString().contains(refusedNames)) {
      throw new IOException("No space left on device");
    }
    step();
    Content c = new Content();
    folder(path.getParent()).change(new Change(null, name(path), c));
    return new Writing(c);
  }

  private final class Writing implements WritableFile {
    private final Content c;
    private boolean closed;

    Writing(Content c) {
      this.c = c;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      synchronized (SimulatedFiles.this) {
        if (closed) {
          throw new IOException("closed");
        }
        int n = length;
        boolean full = false;
        boolean cut = false;
        alive();
        if (operations + 1 >= cutAt) {
          n = random.nextInt(length + 1);
          cut = true;
        }
        if (outOfMemory) {
          n /= 2;
        }
        if (n > freeBytes) {
          n = (int) freeBytes;
          full = true;
        }
        if (c.bytes.length < c.size + n) {
          c.bytes = Arrays.copyOf(c.bytes, Math.max(c.size + n, c.bytes.length * 2));
        }
        System.arraycopy(bytes, offset, c.bytes, c.size, n);
        c.size += n;
        freeBytes -= freeBytes == Long.MAX_VALUE ? 0 : n;
        if (cut) {
          step();
        }
        operations++;
        if (full) {
          throw new IOException("No space left on device");
        }
        memory();
      }
    }

    private void memory() {
      if (outOfMemory) {
        throw new OutOfMemoryError("simulated");
      }
    }

    @Override
    public long position() {
      return c.size;
    }

    @Override
    public void truncate(long size) {
      synchronized (SimulatedFiles.this) {
        step();
        c.size = (int) size;
        c.durable = Math.min(c.durable, c.size);
        c.droppedTo = Math.min(c.droppedTo, c.size);
      }
    }

    @Override
    public void force() throws IOException {
      synchronized (SimulatedFiles.this) {
        step();
        memory();
        if (failForce) {
          c.droppedFrom = c.droppedFrom < c.droppedTo ? c.droppedFrom : c.durable;
          c.droppedTo = c.size;
          throw new IOException("Input/output error");
        }
        c.durable = c.size;
      }
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  @Override
  public synchronized byte[] read(Path path) throws IOException {
    alive();
    Content c = content(path);
    return Arrays.copyOf(c.bytes, c.size);
  }

  /** Changes bytes without the knowledge of their writer. */
  public synchronized void damage(Path path, java.util.function.UnaryOperator<byte[]> f)
      throws IOException {
    Content c = content(path);
    c.bytes = f.apply(Arrays.copyOf(c.bytes, c.size));
    c.size = c.bytes.length;
    c.durable = c.size;
  }

  @Override
  public synchronized MemorySegment map(Path path, Arena arena) throws IOException {
    alive();
    Content c = content(path);
    return MemorySegment.ofArray(Arrays.copyOf(c.bytes, c.size)).asReadOnly();
  }

  @Override
  public synchronized ReadableFile open(Path path) throws IOException {
    alive();
    Content c = content(path);
    return new ReadableFile() {
      @Override
      public int read(long position, byte[] into, int offset, int length) {
        synchronized (SimulatedFiles.this) {
          alive();
          int n = (int) Math.clamp(c.size - position, 0, length);
          System.arraycopy(c.bytes, (int) Math.min(position, c.size), into, offset, n);
          return n;
        }
      }

      @Override
      public long size() {
        synchronized (SimulatedFiles.this) {
          alive();
          return c.size;
        }
      }

      @Override
      public void close() {
        // holds no resources
      }
    };
  }

  @Override
  public synchronized void rename(Path from, Path to) throws IOException {
    step();
    Object node = find(from);
    if (node == null) {
      throw new NoSuchFileException(from.toString());
    }
    if (!java.util.Objects.equals(from.getParent(), to.getParent())) {
      throw new IOException("a rename between folders is not simulated");
    }
    folder(from.getParent()).change(new Change(name(from), name(to), node));
  }

  @Override
  public synchronized void delete(Path path) throws IOException {
    Object node = find(path);
    if (node == null) {
      alive();
      return;
    }
    if (node instanceof Folder f) {
      for (String n : List.copyOf(f.now.keySet())) {
        delete(path.resolve(n));
      }
    }
    step();
    folder(path.getParent()).change(new Change(name(path), null, null));
  }

  @Override
  public synchronized void link(Path from, Path to) throws IOException {
    step();
    folder(to.getParent()).change(new Change(null, name(to), content(from)));
  }

  @Override
  public synchronized List<Path> list(Path directory) {
    alive();
    Object node = find(directory);
    if (!(node instanceof Folder f)) {
      return List.of();
    }
    return f.now.keySet().stream().map(directory::resolve).toList();
  }

  @Override
  public synchronized boolean exists(Path path) {
    alive();
    return find(path) != null;
  }

  @Override
  public synchronized boolean isDirectory(Path path) {
    alive();
    return find(path) instanceof Folder;
  }

  @Override
  public synchronized long size(Path path) throws IOException {
    alive();
    return content(path).size;
  }

  @Override
  public synchronized long usableSpace(Path directory) {
    return freeBytes;
  }

  /** Total disk size. */
  public long totalBytes = Long.MAX_VALUE;

  @Override
  public synchronized long totalSpace(Path directory) {
    return totalBytes;
  }

  @Override
  public synchronized void createDirectories(Path directory) throws IOException {
    alive();
    Folder at = root;
    for (Path name : directory) {
      Object node = at.now.get(name.toString());
      if (node == null) {
        step();
        Folder made = new Folder();
        at.change(new Change(null, name.toString(), made));
        node = made;
      }
      if (!(node instanceof Folder f)) {
        throw new FileNotFoundException(directory.toString());
      }
      at = f;
    }
  }

  @Override
  public synchronized void syncDirectory(Path directory) throws IOException {
    step();
    Folder f = folder(directory);
    f.durable.clear();
    f.durable.putAll(f.now);
    f.pending.clear();
  }

  @Override
  public synchronized Closeable lock(Path path) throws IOException {
    alive();
    if (!locks.add(path)) {
      throw new IOException(path + " is locked");
    }
    return () -> {
      synchronized (SimulatedFiles.this) {
        locks.remove(path);
      }
    };
  }
}
