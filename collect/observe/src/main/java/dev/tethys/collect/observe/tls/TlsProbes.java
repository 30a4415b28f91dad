package dev.tethys.collect.observe.tls;

import dev.tethys.collect.observe.kernel.ForeignFile;
import dev.tethys.collect.observe.kernel.ProgramLoadException;
import dev.tethys.collect.observe.process.ProcessFiles;
import dev.tethys.collect.observe.process.StoppedThread;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
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
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Probes of the TLS libraries used by processes, by file: one attachment serves all processes that
 * map the file, including later ones.
 *
 * <p>A file without a user is detached after a while. When a process with probes crashes, its files
 * are detached and left alone for a time that doubles. The number of files attached in a pass, of
 * files and of probes is bounded.
 */
public final class TlsProbes implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(TlsProbes.class.getName());
  private static final long SECOND = 1_000_000_000L;
  private static final long PASS_NANOS = SECOND / 2;

  /** Shortest pause between passes: a new process has loaded its libraries then, mostly. */
  private static final long SHORTEST_PAUSE = SECOND / 10;

  /** Maximum files attached per half-second pass; the others wait for the next pass. */
  private static final int FILES_OF_A_PASS = 4;

  private static final int MAX_FILES = 4096;

  /** Maximum probes detached concurrently on shutdown. */
  private static final int DETACHING = 32;

  private static final int MAX_ATTACHED = 256;

  /** Bounds of a user other than root. */
  private static final int MAX_FILES_OF_A_USER = 512;

  private static final int MAX_ATTACHED_OF_A_USER = 64;
  private static final int MAX_LIBRARIES = 32; // of a process
  private static final int MAX_PROCESSES = 65_536;

  /** Time after which the probes of an unused file are detached. */
  private static final long UNUSED_NANOS = 30 * SECOND;

  private static final long SHORTEST_BACK_OFF = 600 * SECOND;
  private static final long LONGEST_BACK_OFF = 24 * 3600 * SECOND;

  /** A process loads libraries after its start; the pause between two checks of it doubles. */
  private static final long FIRST_PAUSE = SECOND;

  /** Minimum time between two checks of a process, however often it is suspected. */
  private static final long SUSPECT_PAUSE = SECOND / 4;

  private static final long LONGEST_PAUSE = 60 * SECOND;

  /** File names of libraries that provide OpenSSL's interface. */
  private static final Pattern LIBRARY =
      Pattern.compile(
          ".*/(libssl|libboringssl|_ssl\\.|libpython|libnode|libnetty_tcnative|libconscrypt)[^/]*\\.so[^/]*");

  /** Attaches programs to instructions. */
  @FunctionalInterface
  public interface Attacher {
    /**
     * Attaches a program to an instruction of a file.
     *
     * @return detaches it
     * @throws ProgramLoadException with the reason
     */
    Runnable attach(String program, Path file, long offset) throws ProgramLoadException;
  }

  private static final class ProbedFile {
    final String name;
    final int user; // whose process had it first
    final List<Runnable> attachments = new ArrayList<>();
    final Set<Integer> users = new HashSet<>();
    boolean examined;
    boolean refused;
    boolean hasTls;
    long unusedSince;
    long blockedUntil;
    long backOff = SHORTEST_BACK_OFF;

    ProbedFile(String name, int user) {
      this.name = name;
      this.user = user;
    }

    boolean isAttached() {
      return !attachments.isEmpty();
    }
  }

  private static final class Watched {
    long next;
    long checked;
    long pause = FIRST_PAUSE;
    final Set<String> files = new HashSet<>();
  }

  private final Path proc;
  private final ProcessFiles files;
  private final Attacher attacher;
  private final int own;
  private final LongSupplier nanos;
  private final Map<String, ProbedFile> known = new LinkedHashMap<>();
  private final Map<Integer, Watched> processes = new HashMap<>();
  private final ConcurrentLinkedQueue<Integer> suspects = new ConcurrentLinkedQueue<>();
  private final LimitedLog failures = new LimitedLog(LOG);
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;
  private final Semaphore woken = new Semaphore(0);
  private int budget = FILES_OF_A_PASS;
  private long budgetSince;
  private boolean off;
  private long attachFailures;
  private long backOffs;
  private long shed;

  /**
   * @param own process that is never probed: that of the agent
   */
  TlsProbes(Path proc, Attacher attacher, int own, LongSupplier nanos) {
    this.proc = proc;
    this.files = new ProcessFiles(proc);
    this.attacher = attacher;
    this.own = own;
    this.nanos = nanos;
    this.budgetSince = nanos.getAsLong();
    thread =
        Thread.ofPlatform()
            .name("observe-tls")
            .daemon()
            .unstarted(SupervisedLoop.of("observe-tls", this::run));
  }

  /** Starts to look for processes with TLS. */
  public static TlsProbes start(Path proc, Attacher attacher, int own) {
    TlsProbes p = new TlsProbes(proc, attacher, own, System::nanoTime);
    p.thread.start();
    return p;
  }

  private void run() {
    try {
      do {
        try {
          pass();
        } catch (IOException e) {
          failures.failure(Level.WARNING, "Processes could not be read", "tls", e);
        }
        woken.tryAcquire(PASS_NANOS - SHORTEST_PAUSE, TimeUnit.NANOSECONDS);
        woken.drainPermits();
      } while (!stop.await(SHORTEST_PAUSE, TimeUnit.NANOSECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Records that a process used TLS or was started; it is checked in the next pass. */
  public void suspect(int pid) {
    if (suspects.size() < MAX_PROCESSES) {
      suspects.add(pid);
      if (woken.availablePermits() == 0) {
        woken.release();
      }
    }
  }

  /** Checks new processes, and rechecks processes that may have loaded a library since. */
  synchronized void pass() throws IOException {
    if (off) {
      return;
    }
    long now = nanos.getAsLong();
    if (now - budgetSince >= PASS_NANOS) {
      budget = FILES_OF_A_PASS;
      budgetSince = now;
    }
    Set<Integer> present = new HashSet<>(files.pids());
    for (Iterator<Map.Entry<Integer, Watched>> i = processes.entrySet().iterator(); i.hasNext(); ) {
      Map.Entry<Integer, Watched> e = i.next();
      if (!present.contains(e.getKey())) {
        e.getValue().files.forEach(f -> leave(f, e.getKey(), now));
        i.remove();
      }
    }
    for (Integer pid = suspects.poll(); pid != null; pid = suspects.poll()) {
      Watched p = processes.get(pid);
      if (p != null) {
        p.next = Math.min(p.next, Math.max(now, p.checked + SUSPECT_PAUSE));
        p.pause = FIRST_PAUSE;
      }
    }
    for (int pid : present) {
      if (pid == own) {
        continue;
      }
      Watched p = processes.get(pid);
      if (p == null) {
        if (processes.size() >= MAX_PROCESSES) {
          shed++;
          continue;
        }
        p = new Watched();
        p.next = now;
        processes.put(pid, p);
      }
      if (now - p.next >= 0) {
        p.checked = now;
        p.next = examine(pid, p, now) ? now + p.pause : now;
        p.pause = Math.min(2 * p.pause, LONGEST_PAUSE);
      }
    }
    release(now);
  }

  /** Looks at the files of a process; false if some wait for the next pass. */
  private boolean examine(int pid, Watched p, long now) {
    Set<String> present = new HashSet<>();
    boolean complete = true;
    int user = files.user(pid);
    for (Candidate c : candidates(pid)) {
      try (ForeignFile file = c.opener.open()) {
        String key = file.version();
        ProbedFile f = known.get(key);
        if (f == null) {
          if (known.size() >= MAX_FILES || isBeyond(user, MAX_FILES_OF_A_USER, _ -> true)) {
            shed++;
            continue;
          }
          f = new ProbedFile(c.name, user);
          known.put(key, f);
        }
        present.add(key);
        f.users.add(pid);
        f.unusedSince = 0;
        complete &= attach(f, file, pid, now);
      } catch (IOException e) {
        continue; // ended, a thread of the kernel, or not a regular file
      }
    }
    for (String left : p.files) {
      if (!present.contains(left)) {
        leave(left, pid, now);
      }
    }
    p.files.clear();
    p.files.addAll(present);
    return complete;
  }

  /** Whether a user other than root has the maximum number of files, so that others have space. */
  private boolean isBeyond(int user, int most, Predicate<ProbedFile> of) {
    return user != 0
        && known.values().stream().filter(f -> f.user == user && of.test(f)).count() >= most;
  }

  /** Opens a file. */
  private interface Opener {
    ForeignFile open() throws IOException;
  }

  /**
   * File that may contain TLS functions.
   *
   * @param name file name as seen by the process
   */
  private record Candidate(String name, Opener opener) {}

  /** The program, and the libraries with a known name. */
  private List<Candidate> candidates(int pid) {
    List<Candidate> out = new ArrayList<>();
    Path program = proc.resolve(pid + "/exe");
    out.add(new Candidate(link(program), () -> ForeignFile.open(program)));
    Set<String> seen = new HashSet<>();
    for (String line : files.executableMaps(pid)) {
      int slash = line.indexOf('/');
      if (slash < 0) {
        continue;
      }
      String path = line.substring(slash);
      if (LIBRARY.matcher(path).matches() && out.size() < MAX_LIBRARIES && seen.add(path)) {
        try {
          int dash = line.indexOf('-');
          long start = Long.parseUnsignedLong(line, 0, dash, 16);
          long end = Long.parseUnsignedLong(line, dash + 1, line.indexOf(' '), 16);
          out.add(new Candidate(path, () -> ForeignFile.openMapped(proc, pid, start, end, path)));
        } catch (NumberFormatException | IndexOutOfBoundsException e) {
          continue; // cut off: the process is ending
        }
      }
    }
    return out;
  }

  private static String link(Path file) {
    try {
      return Files.readSymbolicLink(file).toString();
    } catch (IOException e) {
      return file.toString();
    }
  }

  /** Attaches the probes of a file unless it has them; returns false if it has to wait. */
  private boolean attach(ProbedFile f, ForeignFile file, int pid, long now) {
    if (f.isAttached() || f.refused || f.examined && !f.hasTls || now - f.blockedUntil < 0) {
      return true;
    }
    if (budget == 0) {
      return false;
    }
    try {
      List<ProbePoint> points = TlsFunctions.of(file);
      f.examined = true;
      f.hasTls = !points.isEmpty();
      if (points.isEmpty()) {
        return true;
      }
      if (attachedFiles() >= MAX_ATTACHED
          || isBeyond(f.user, MAX_ATTACHED_OF_A_USER, ProbedFile::isAttached)) {
        shed++;
        return true;
      }
      budget--;
      for (ProbePoint p : points) {
        f.attachments.add(attacher.attach(p.program(), file.path(), p.offset()));
      }
      LOG.log(
          Level.INFO,
          "TLS probes attached file=\"{0}\" probes={1} pid={2}",
          f.name,
          points.size(),
          Integer.toString(pid));
    } catch (IOException | ProgramLoadException e) {
      detach(f);
      // A process that ended in the meantime proves nothing about the file: the next one is tried.
      f.refused = Files.exists(proc.resolve(Integer.toString(pid)));
      if (f.refused) {
        attachFailures++;
        LOG.log(
            Level.WARNING,
            "TLS probes not attached file=\"{0}\" pid={1}: {2}",
            f.name,
            Integer.toString(pid),
            e.getMessage());
      }
    }
    return true;
  }

  private void leave(String key, int pid, long now) {
    ProbedFile f = known.get(key);
    if (f != null && f.users.remove(pid) && f.users.isEmpty()) {
      f.unusedSince = now;
    }
  }

  private void release(long now) {
    known
        .values()
        .removeIf(
            f -> {
              boolean unused =
                  f.users.isEmpty()
                      && now - f.unusedSince > UNUSED_NANOS
                      && now - f.blockedUntil >= 0;
              if (unused) {
                detach(f);
              }
              return unused;
            });
  }

  private static void detach(ProbedFile f) {
    for (int i = f.attachments.size() - 1; i >= 0; i--) { // starts before returns
      f.attachments.get(i).run();
    }
    f.attachments.clear();
  }

  /**
   * Records that a signal ended a process. After a fault, the files of the process are left alone
   * for a while.
   */
  public synchronized void killed(int pid, int signal) {
    Watched p = processes.get(pid);
    if (p == null || !isFault(signal)) {
      return;
    }
    long now = nanos.getAsLong();
    for (String key : p.files) {
      ProbedFile f = known.get(key);
      if (f == null || !f.isAttached()) {
        continue;
      }
      detach(f);
      backOffs++;
      f.blockedUntil = now + f.backOff;
      LOG.log(
          Level.WARNING,
          "TLS probes detached because a process with them crashed file=\"{0}\" pid={1} signal={2}"
              + " pause={3}",
          f.name,
          Integer.toString(pid),
          Integer.toString(signal),
          Duration.ofNanos(f.backOff));
      f.backOff = Math.min(2 * f.backOff, LONGEST_BACK_OFF);
    }
  }

  /** True for signals that the kernel sends for invalid operations of a process. */
  private static boolean isFault(int signal) {
    return switch (signal) {
      case 4, 5, 7, 11 -> true; // SIGILL, SIGTRAP, SIGBUS, SIGSEGV
      default -> false;
    };
  }

  private int attachedFiles() {
    return (int) known.values().stream().filter(ProbedFile::isAttached).count();
  }

  /**
   * Probe counters.
   *
   * @param attached files with probes
   * @param backingOff files that are left alone after a crash
   * @param failures files that could not be given probes
   * @param backOffs detachments after a crash
   * @param shed files and processes beyond the bounds
   */
  public record Counts(int attached, int backingOff, long failures, long backOffs, long shed) {}

  /** Present numbers. */
  public synchronized Counts counts() {
    long now = nanos.getAsLong();
    int backingOff =
        (int)
            known.values().stream()
                .filter(f -> f.blockedUntil != 0 && now - f.blockedUntil < 0)
                .count();
    return new Counts(attachedFiles(), backingOff, attachFailures, backOffs, shed);
  }

  /**
   * Detaches all probes; no file is attached afterwards. The kernel waits for all processors at
   * each one, for about a tenth of a second, so that many are detached at the same time.
   */
  public synchronized void detachAll() {
    off = true;
    try (ExecutorService threads =
        Executors.newFixedThreadPool(DETACHING, Thread.ofPlatform().daemon().factory())) {
      for (ProbedFile f : known.values()) {
        f.attachments.forEach(threads::execute);
        f.attachments.clear();
      }
    }
  }

  @Override
  public void close() {
    stop.countDown();
    woken.release();
    if (StoppedThread.await(thread)) {
      detachAll();
    } // otherwise they are detached when the process ends
  }
}
