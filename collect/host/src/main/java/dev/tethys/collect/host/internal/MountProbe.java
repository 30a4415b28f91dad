package dev.tethys.collect.host.internal;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tethys.model.libc.Errno;
import dev.tethys.model.libc.LibraryFunction;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Queries the space of mounts without waiting long for a hanging one, as a network file system does
 * when its server is gone. A few threads query the mounts in turn; a mount that does not respond in
 * time keeps its thread, is reported as {@link #TIMEOUT} and not queried again before that thread
 * returns; another thread continues with the rest in the meantime.
 *
 * <p>Invariants, under {@link #lock}: {@code stuck} holds exactly the mounts whose thread was
 * abandoned; there are never more than {@link #MAX_THREADS} threads, and without a free one a mount
 * counts as timed out.
 */
final class MountProbe {
  static final String TIMEOUT = "mountpoint timeout";

  private static final int MAX_PATH = 4096;

  /** Maximum number of threads, hanging ones included. */
  static final int MAX_THREADS = 64;

  /** Part of the timeout after which a waiting thread is replaced for the rest. */
  private static final int SLOW_PART = 10;

  /** Number of mounts per thread above which starting another thread pays off. */
  private static final int MOUNTS_A_WORKER = 8;

  /**
   * Space and inode counts of a mount.
   *
   * @param error {@code ""} for none
   */
  record Answer(
      String error, double size, double free, double avail, double files, double filesFree) {
    static Answer failed(String error) {
      return new Answer(error, 0, 0, 0, 0, 0);
    }
  }

  private final Function<String, Answer> question;
  private final int workers;
  private final long timeoutNanos;
  private final ReentrantLock lock = new ReentrantLock();
  private final Set<String> stuck = new HashSet<>();
  private final ThreadPoolExecutor threads;

  MountProbe(Function<String, Answer> question, int workers, Duration timeout) {
    this.question = question;
    this.workers = workers;
    this.timeoutNanos = timeout.toNanos();
    threads =
        new ThreadPoolExecutor(
            0,
            MAX_THREADS,
            2,
            TimeUnit.MINUTES,
            new SynchronousQueue<>(),
            Thread.ofPlatform().daemon().name("statfs-", 0).factory());
  }

  /**
   * Results by position. Runs for at most about the timeout, regardless of the number of hanging
   * mounts.
   */
  List<Answer> ask(List<String> mounts) {
    Round round = new Round(mounts);
    lock.lock();
    try {
      round.start();
      round.await();
      return round.answers();
    } finally {
      lock.unlock();
    }
  }

  /** Number of mounts that hang now. */
  int stuckMounts() {
    lock.lock();
    try {
      return stuck.size();
    } finally {
      lock.unlock();
    }
  }

  /** One scrape's mounts. All fields are read and written under the lock. */
  private final class Round {
    private final List<String> mounts;
    private final @Nullable Answer[] answers;
    private final long[] startedAt; // 0 = not begun
    private final Condition progress = lock.newCondition();
    private final boolean[] replaced; // another thread does the rest
    private int next;
    private int open;
    private int active; // threads of this round

    Round(List<String> mounts) {
      this.mounts = mounts;
      this.answers = new Answer[mounts.size()];
      this.startedAt = new long[mounts.size()];
      this.replaced = new boolean[mounts.size()];
    }

    void start() {
      open = mounts.size();
      for (int i = 0; i < mounts.size(); i++) {
        if (stuck.contains(mounts.get(i))) {
          answer(i, Answer.failed(TIMEOUT));
        }
      }
      int n = Math.min(workers, (open + MOUNTS_A_WORKER - 1) / MOUNTS_A_WORKER);
      for (int i = 0; i < n; i++) {
        addWorker();
      }
    }

    private void addWorker() {
      try {
        threads.execute(this::work);
        active++;
      } catch (RejectedExecutionException e) {
        if (active > 0) {
          return; // others of this round continue
        }
        // Every thread hangs: the remaining mounts will not be queried.
        for (int i = next; i < mounts.size(); i++) {
          if (answers[i] == null && startedAt[i] == 0) {
            answer(i, Answer.failed(TIMEOUT));
          }
        }
      }
    }

    private void answer(int i, Answer a) {
      answers[i] = a;
      open--;
    }

    private void work() {
      while (true) {
        int i;
        lock.lock();
        try {
          while (next < mounts.size() && answers[next] != null) {
            next++;
          }
          if (next >= mounts.size()) {
            active--;
            return;
          }
          i = next++;
          startedAt[i] = Math.max(1, System.nanoTime());
        } finally {
          lock.unlock();
        }
        Answer a = question.apply(mounts.get(i));
        lock.lock();
        try {
          if (answers[i] != null) { // abandoned; another thread took over
            stuck.remove(mounts.get(i));
            active--;
            return;
          }
          answer(i, a);
          if (open == 0) {
            progress.signalAll();
          }
        } finally {
          lock.unlock();
        }
      }
    }

    void await() {
      boolean interrupted = false;
      long begin = System.nanoTime();
      while (open > 0) {
        long now = System.nanoTime();
        long wait = begin + timeoutNanos - now;
        if (wait <= 0) {
          timeOut();
          break;
        }
        for (int i = 0; i < answers.length; i++) {
          if (answers[i] != null || startedAt[i] == 0 || replaced[i]) {
            continue;
          }
          long timeLimit = startedAt[i] + timeoutNanos / SLOW_PART - now;
          if (timeLimit <= 0) {
            replaced[i] = true;
            addWorker();
          }
        }
        wait = Math.min(wait, timeoutNanos / SLOW_PART); // to look after the slow ones
        if (open > 0) {
          try {
            progress.awaitNanos(wait);
          } catch (InterruptedException e) {
            interrupted = true; // the scrape ends within the timeout anyhow
          }
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }

    private void timeOut() {
      for (int i = 0; i < answers.length; i++) {
        if (answers[i] == null) {
          if (startedAt[i] != 0) {
            stuck.add(mounts.get(i));
          }
          answer(i, Answer.failed(TIMEOUT));
        }
      }
    }

    List<Answer> answers() {
      List<Answer> out = new ArrayList<>(answers.length);
      for (Answer a : Arrays.asList(answers)) {
        out.add(java.util.Objects.requireNonNull(a));
      }
      return out;
    }
  }

  /** Memory for the calls of one thread. */
  private static final ThreadLocal<MemorySegment[]> MEMORY =
      ThreadLocal.withInitial(
          () -> {
            Arena arena = Arena.ofAuto();
            return new MemorySegment[] {
              LibraryFunction.errnoState(arena), arena.allocate(MAX_PATH), arena.allocate(512, 8)
            };
          });

  /**
   * Queries the kernel. struct statfs of 64-bit Linux (asm-generic/statfs.h): type, block size,
   * blocks, free, available, files, free files, each of 64 bits.
   */
  static Answer statfs(String mount) {
    byte[] path = mount.getBytes(StandardCharsets.UTF_8);
    if (path.length >= MAX_PATH) {
      return Answer.failed("file name too long");
    }
    MemorySegment[] memory = MEMORY.get();
    MemorySegment.copy(path, 0, memory[1], java.lang.foreign.ValueLayout.JAVA_BYTE, 0, path.length);
    memory[1].set(java.lang.foreign.ValueLayout.JAVA_BYTE, path.length, (byte) 0);
    if (Posix.statfs(memory[0], memory[1], memory[2]) != 0) {
      return Answer.failed(Errno.text(LibraryFunction.errno(memory[0])));
    }
    MemorySegment s = memory[2];
    double block = s.getAtIndex(JAVA_LONG, 1);
    return new Answer(
        "",
        Numbers.unsigned(s.getAtIndex(JAVA_LONG, 2)) * block,
        Numbers.unsigned(s.getAtIndex(JAVA_LONG, 3)) * block,
        Numbers.unsigned(s.getAtIndex(JAVA_LONG, 4)) * block,
        Numbers.unsigned(s.getAtIndex(JAVA_LONG, 5)),
        Numbers.unsigned(s.getAtIndex(JAVA_LONG, 6)));
  }
}
