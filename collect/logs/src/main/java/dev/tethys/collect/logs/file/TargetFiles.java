package dev.tethys.collect.logs.file;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The files of one target as they were found last: which path is which file, and what has become of
 * those that are no more where they were.
 *
 * <p>Invariants: a file is read once, whatever names it has. {@link #byPath} holds the files that
 * the target lists, {@link #leaving} those that it does not any more and that are not read and
 * delivered to their end; each is in exactly one of them. A file that took the place of another is
 * not read before that was read to its end. Guarded by the job.
 */
final class TargetFiles {
  private static final System.Logger LOG = System.getLogger(TargetFiles.class.getName());

  final FileTarget target;
  final FileJob job;
  final String source;
  final Map<Path, TailedFile> byPath = new TreeMap<>();
  final Map<Path, TailedFile> byRealPath = new HashMap<>(); // where a path is not the real one
  final Set<TailedFile> leaving = new LinkedHashSet<>();
  private final Map<FileId.Place, TailedFile> byPlace = new HashMap<>();
  private final Copies copies;
  private final boolean passesOver;
  private boolean full;
  private boolean scanned; // at least once
  private boolean scanning;
  private @Nullable RelatedNames<TailedFile> names; // made when a look finds an unknown file

  /**
   * Of a target, not yet looked for.
   *
   * @param passesOver whether what is in the files that the first look finds is not read
   */
  TargetFiles(FileTarget target, FileJob job, boolean passesOver) {
    this.passesOver = passesOver;
    this.copies = new Copies(job);
    this.target = target;
    this.job = job;
    this.source = job.name + "/" + Long.toHexString(target.labels().hash64());
  }

  /**
   * Looks which files there are.
   *
   * @param folders is told in which folders more may appear
   * @return whether to look again soon
   */
  boolean scan(Set<Path> folders) {
    Set<Path> found = new LinkedHashSet<>();
    target
        .path()
        .walk(
            new Glob.Visitor() {
              @Override
              public void folder(Path folder) {
                folders.add(folder);
              }

              @Override
              public void file(Path file) {
                if (target.exclude() == null || !target.exclude().matches(file)) {
                  found.add(file);
                }
              }
            });
    byPath.values().forEach(f -> f.listed = false);
    Set<FileId.Place> waiting = new HashSet<>();
    scanning = true;
    for (Path path : job.options.rules().selection().apply(found)) {
      try {
        FileStat stat = FileStat.of(path);
        if (stat.regular()) {
          found(path, stat, waiting);
        }
      } catch (IOException e) {
        // gone meanwhile, or not to be looked at
      }
    }
    scanned = true;
    scanning = false;
    names = null;
    copies.retain(waiting);
    for (TailedFile f : List.copyOf(byPath.values())) {
      if (!f.listed) {
        leave(f);
      }
    }
    byRealPath.keySet().forEach(p -> folders.add(parent(p)));
    return !waiting.isEmpty();
  }

  private static Path parent(Path p) {
    Path parent = p.getParent();
    return parent == null ? p : parent;
  }

  private void found(Path path, FileStat stat, Set<FileId.Place> waiting) {
    TailedFile there = byPath.get(path);
    if (there != null && there.id().mayBe(stat.id())) {
      there.listed = true;
      boolean changed = there.looked(stat);
      if (changed || (there.offset() != stat.size() && !there.isCompressed())) {
        job.wake(there);
      }
      job.metrics.fileBytes.with(there.name).set((double) stat.size());
      return;
    }
    TailedFile known = byPlace.get(stat.id().place());
    if (known != null && known.id().mayBe(stat.id())) {
      renamed(known, path, stat);
      return;
    }
    if (job.options.decompression() != null
        && !job.options.decompressionDelay().isZero()
        && job.now() - stat.modified() / 1_000_000 < job.options.decompressionDelay().toMillis()) {
      waiting.add(stat.id().place());
      return;
    }
    // What takes the place of a file is no copy.
    boolean replaces =
        Siblings.isUnnumbered(path)
            && (there != null || leaving.stream().anyMatch(f -> f.name.equals(path.toString())));
    Copies.Origin origin =
        replaces ? new Copies.Origin.New() : copies.origin(path, stat, names(), job.options);
    if (origin instanceof Copies.Origin.Later) {
      waiting.add(stat.id().place());
      return;
    }
    appeared(path, stat, there, origin);
  }

  private void renamed(TailedFile f, Path path, FileStat stat) {
    if (!f.path.equals(path)) {
      try {
        if (!leaving.contains(f) && FileStat.of(f.path).id().mayBe(f.id())) {
          return; // a second name: it is read under the first
        }
      } catch (IOException e) {
        // it is no more there
      }
      job.metrics.generations.with("renamed").inc();
      byPath.remove(f.path, f);
      f.path = path;
      named(f);
    }
    job.positions.changed();
    TailedFile before = byPath.put(path, f);
    if (before != null && before != f) {
      leaving(before);
    }
    leaving.remove(f);
    f.listed = true;
    f.replaced = false;
    f.ended = false;
    f.looked(stat);
    real(f);
    job.wake(f);
  }

  private void appeared(
      Path path, FileStat stat, @Nullable TailedFile there, Copies.Origin origin) {
    if (job.files() >= FileTailing.MAX_FILES) {
      if (!full) {
        full = true;
        LOG.log(
            Level.WARNING,
            "{0}: more than {1} files are not read",
            target.path(),
            FileTailing.MAX_FILES);
      }
      return;
    }
    copies.settled(stat.id());
    // Later it would be another file.
    Long promtails = scanned ? null : job.positions.takeOver(path.toString());
    TailedFile f = new TailedFile(target, source, path.toString(), path, stat, start(path, stat));
    TailedFile before = there;
    if (there != null) {
      leave(there);
      before = between(path, there.stat(), stat.id(), there);
    }
    if (job.mayOpen() || there != null) {
      job.open(f);
    }
    if (origin instanceof Copies.Origin.Known k) {
      startAt(f, k.offset());
    } else if (there == null) {
      boolean known =
          promtails != null
              || !job.positions.at(stat.id().place()).isEmpty()
              || !job.positions.of(path.toString()).isEmpty();
      before = resume(f, stat, promtails);
      if (!known && !scanned && passesOver) {
        startAtEnd(f, stat);
      }
    }
    follow(f, before);
    add(f);
    job.metrics.fileBytes.with(f.name).set((double) stat.size());
    LOG.log(Level.DEBUG, "reading {0} from {1}", path, f.offset());
    job.wake(f);
  }

  private void add(TailedFile f) {
    job.positions.changed();
    named(f);
    byPath.put(f.path, f);
    byPlace.put(f.id().place(), f);
    job.metrics.filesActive.add(1);
    real(f);
  }

  /** Changes of a file are told of the folder in which it really is. */
  private void real(TailedFile f) {
    byRealPath.values().remove(f);
    try {
      Path real = f.path.toRealPath();
      if (!real.equals(f.path)) {
        byRealPath.put(real, f);
      }
    } catch (IOException e) {
      // gone meanwhile
    }
  }

  private Progress start(Path path, FileStat stat) {
    Checkpoint c = Checkpoint.start(source, path.toString(), stat.id(), false, job.now());
    return from(c);
  }

  private Progress from(Checkpoint c) {
    return new Progress(c, job.positions::changed);
  }

  private void leave(TailedFile f) {
    byPath.remove(f.path, f);
    leaving(f);
  }

  private void leaving(TailedFile f) {
    job.positions.changed();
    named(f);
    f.replaced = true;
    f.ended = false;
    byRealPath.values().remove(f);
    leaving.add(f);
    job.wake(f);
  }

  private void follow(TailedFile f, @Nullable TailedFile before) {
    f.before = before;
    if (before != null) {
      before.followed = true;
      job.wake(before);
    }
  }

  /** Forgets a file that was read and delivered to its end. */
  void forget(TailedFile f) {
    f.deliveredCopies().forEach(job.positions::remember);
    leaving.remove(f);
    byPlace.remove(f.id().place(), f);
    job.positions.remember(f.delivered().named(f.name));
    job.metrics.filesActive.add(-1);
    if (byPath.values().stream().noneMatch(o -> o.name.equals(f.name))) {
      job.metrics.gone(f.name);
    }
  }

  private void startAtEnd(TailedFile f, FileStat stat) {
    if (f.isOpen() || job.open(f)) {
      try {
        if (f.isCompressed()) {
          job.skipLines(f, Long.MAX_VALUE);
        } else {
          f.startAt(stat.size());
        }
      } catch (IOException e) {
        f.fail(e);
      }
    }
  }

  private void startAt(TailedFile f, long offset) {
    if (f.isOpen() || job.open(f)) {
      try {
        f.startAt(offset);
      } catch (IOException e) {
        f.fail(e);
      }
    }
  }

  /**
   * Reads files that stood under the name for so short a time that they were never seen.
   *
   * @param older which is known to have stood there before
   * @return the last that is to be read before the younger
   */
  private @Nullable TailedFile between(
      Path path, FileStat older, FileId younger, @Nullable TailedFile first) {
    TailedFile last = first;
    for (Siblings.Found s : missed(path, older, younger)) {
      last = since(path, s, last);
    }
    return last;
  }

  /** Reads a file from its start as one that stood under the name. */
  private @Nullable TailedFile since(Path path, Siblings.Found s, @Nullable TailedFile before) {
    TailedFile f =
        new TailedFile(
            target, source, path.toString(), s.path(), s.stat(), start(s.path(), s.stat()));
    if (!job.openAny(f)) {
      return before;
    }
    follow(f, before);
    byPlace.put(s.stat().id().place(), f);
    job.metrics.filesActive.add(1);
    job.metrics.generations.with("recovered").inc();
    leaving(f);
    return f;
  }

  /** Files that were the file, or are copies of it, since an older one was, and were not read. */
  List<Siblings.Found> missed(Path path, FileStat older, FileId itself) {
    List<Siblings.Found> out = new ArrayList<>();
    for (Siblings.Found s :
        Siblings.since(path, older, itself, id -> byPlace.containsKey(id.place()))) {
      if (job.positions.at(s.stat().id().place()).stream()
              .noneMatch(c -> c.id().mayBe(s.stat().id()))
          // Compressed or not, as it would be read.
          && copies.origin(s.path(), s.stat(), names(), job.anyCompression())
              instanceof Copies.Origin.New) {
        out.add(s);
      }
    }
    return out;
  }

  /**
   * Finds where reading of a file ended that was read by an earlier process, and what that had not
   * read of the one that was there before it.
   *
   * @return what is to be read first
   */
  private @Nullable TailedFile resume(TailedFile f, FileStat stat, @Nullable Long promtails) {
    String path = f.path.toString();
    List<Checkpoint> candidates = new ArrayList<>(job.positions.at(stat.id().place()));
    candidates.removeIf(c -> !c.id().mayBe(stat.id()));
    List<Checkpoint> ofPath =
        job.positions.of(path).stream().filter(job.positions::isOfEarlierProcess).toList();
    // Devices are numbered anew when a machine starts; what was put in the place of a file as a
    // whole is told by its content, if there is enough of it.
    ofPath.stream()
        .filter(c -> !candidates.contains(c))
        .filter(
            c ->
                c.id().on(stat.id().device()).mayBe(stat.id()) || c.headLength() == Checkpoint.HEAD)
        .forEach(candidates::add);
    // Whose labels changed since goes on, too.
    candidates.sort(
        (a, b) -> Boolean.compare(!a.source().equals(source), !b.source().equals(source)));
    if ((ofPath.isEmpty() && candidates.isEmpty() && promtails == null)
        || (!f.isOpen() && !job.open(f))) {
      return null;
    }
    try {
      for (Checkpoint c : candidates) {
        if (f.holds(c)) {
          Long moved = c.path().equals(path) && c.listed() ? promtails : null;
          f.resume(c);
          if (moved != null && !c.compressed() && moved <= stat.size()) {
            f.startAt(moved);
          }
          claim(c);
          return remainder(f, stat, ofPath, true);
        }
      }
      if (!ofPath.isEmpty()) {
        return remainder(f, stat, ofPath, false);
      }
      if (promtails != null) {
        if (f.isCompressed()) {
          job.skipLines(f, promtails);
        } else if (promtails <= stat.size()) {
          f.startAt(promtails);
        }
      }
    } catch (IOException e) {
      f.fail(e);
    }
    return null;
  }

  private void claim(Checkpoint c) {
    if (c.source().equals(source)) {
      job.positions.claim(c);
    }
  }

  /**
   * A file in which something may stand that an earlier process did not read.
   *
   * @param from where it was read to; null when nothing of it was read
   */
  private record Piece(Siblings.Found found, @Nullable Checkpoint from) {
    /**
     * In the order in which they were written: a copy is made before what it is a copy of is
     * truncated and written anew, and compressing keeps the time.
     */
    static final Comparator<Piece> AGE =
        Comparator.comparingLong((Piece p) -> p.found.stat().modified())
            .thenComparing(p -> p.from == null)
            .thenComparingLong(p -> p.found.stat().id().born());
  }

  /**
   * Reads what an earlier process left of the files that stood under the name before this one, in
   * the order in which they were written.
   *
   * @param ofPath what is known of them
   * @param continued whether the file itself is one that was known then, so that all those before
   *     it were, too
   * @return the last of them, to be read before the file
   */
  private @Nullable TailedFile remainder(
      TailedFile f, FileStat stat, List<Checkpoint> ofPath, boolean continued) throws IOException {
    Map<FileId.Place, Piece> pieces = new HashMap<>();
    List<Checkpoint> answered = new ArrayList<>();
    List<Siblings.Found> anew = new ArrayList<>();
    FileStat oldest = null;
    for (Checkpoint c : ofPath) {
      if (!c.source().equals(source) || f.holds(c) && c.id().mayBe(f.id())) {
        continue;
      }
      Siblings.Found same = Siblings.of(f.path, c.id());
      boolean inPlace = same != null && holds(same, c);
      Siblings.Found s = inPlace ? same : Siblings.holding(f.path, c, f.id(), job.options);
      if (same != null && !inPlace && !same.stat().id().mayBe(f.id())) {
        anew.add(same); // it was truncated before it was renamed
      }
      if (s == null) {
        // Those that are not listed were read to their end, or stood before another that is.
        if (c.listed() && !continued) {
          oldest = older(oldest, lost(f, c));
        }
        continue;
      }
      answered.add(c);
      if (s.stat().id().mayBe(f.id()) || byPlace.containsKey(s.stat().id().place())) {
        continue;
      }
      pieces.merge(
          s.stat().id().place(),
          new Piece(s, c),
          (x, y) -> x.from != null && y.from != null && x.from.offset() > y.from.offset() ? x : y);
      oldest = older(oldest, s.stat());
    }
    for (Siblings.Found s : anew) {
      if (!byPlace.containsKey(s.stat().id().place())) {
        pieces.putIfAbsent(s.stat().id().place(), new Piece(s, known(s)));
      }
    }
    if (oldest != null && !continued) {
      for (Siblings.Found s : missed(f.path, oldest, stat.id())) {
        pieces.putIfAbsent(s.stat().id().place(), new Piece(s, null));
      }
    }
    answered.forEach(job.positions::claim);
    TailedFile last = null;
    for (Piece p : pieces.values().stream().sorted(Piece.AGE).toList()) {
      if (p.from == null) {
        last = since(f.path, p.found, last);
        continue;
      }
      TailedFile old = before(f, p.found, p.from);
      if (old != null) {
        follow(old, last);
        last = old;
      }
    }
    return last;
  }

  private static FileStat older(@Nullable FileStat a, FileStat b) {
    return a == null || b.modified() < a.modified() ? b : a;
  }

  /**
   * Says that a file is not found any more.
   *
   * @return what is known of its age: others that stood there after it are found by that
   */
  private FileStat lost(TailedFile f, Checkpoint c) {
    job.metrics.generations.with("lost").inc();
    LOG.log(
        Level.WARNING,
        "{0} is another file than when this last ran; what was written to the other after its"
            + " byte {1} is not found",
        f.path,
        String.valueOf(c.offset()));
    long born = c.id().born();
    return new FileStat(
        c.id(), c.offset(), born == FileId.UNKNOWN_BIRTH ? Long.MAX_VALUE : born, true);
  }

  /** Where a file was read to under any name; null when it was not. */
  private @Nullable Checkpoint known(Siblings.Found s) {
    return job.positions.at(s.stat().id().place()).stream()
        .filter(c -> c.source().equals(source) && c.headLength() > 0 && holds(s, c))
        .max(Comparator.comparingLong(Checkpoint::offset))
        .orElse(null);
  }

  private boolean holds(Siblings.Found found, Checkpoint c) {
    try (Content content = Content.open(found.path(), job.anyCompression())) {
      return content.holds(c);
    } catch (IOException e) {
      return false;
    }
  }

  private @Nullable TailedFile before(TailedFile f, Siblings.Found s, Checkpoint c) {
    if (byPlace.containsKey(s.stat().id().place())) {
      return null;
    }
    TailedFile old = new TailedFile(target, source, f.name, s.path(), s.stat(), from(c));
    try {
      old.open(job.anyCompression());
      if (!old.holds(c)) {
        old.close();
        return null;
      }
    } catch (IOException e) {
      return null;
    }
    old.resume(c);
    job.opened(old);
    byPlace.put(s.stat().id().place(), old);
    job.metrics.filesActive.add(1);
    job.metrics.generations.with("recovered").inc();
    leaving(old);
    return old;
  }

  /** The files that are read by their names; those of a look know of what it found. */
  private RelatedNames<TailedFile> names() {
    RelatedNames<TailedFile> n = names;
    if (n == null) {
      n = new RelatedNames<>();
      for (TailedFile f : byPath.values()) {
        n.add(f.path, f);
      }
      for (TailedFile f : leaving) {
        n.add(f.path, f);
      }
      names = scanning ? n : null;
    }
    return n;
  }

  private void named(TailedFile f) {
    RelatedNames<TailedFile> n = names;
    if (n != null) {
      n.add(f.path, f);
    }
  }

  /** Says for each file how far it is delivered. */
  void checkpoints(List<Checkpoint> out) {
    Stream.concat(byPath.values().stream(), leaving.stream())
        .forEach(f -> f.deliveredCopies().forEach(job.positions::remember));
    byPath.values().forEach(f -> out.add(f.delivered().listed(true)));
    // They are asked for by the name under which they were read, wherever they stand by now.
    leaving.forEach(f -> out.add(f.delivered().named(f.name)));
  }

  int files() {
    return byPath.size() + leaving.size();
  }
}
