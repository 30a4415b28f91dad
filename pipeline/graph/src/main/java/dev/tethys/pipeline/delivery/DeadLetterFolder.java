package dev.tethys.pipeline.delivery;

import dev.tethys.model.file.FileAccess;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Dead letters of an outbox whose process is not running, in the folder of its queue. Holds the
 * folder's lock until closed, so that no process starts using it meanwhile.
 */
public final class DeadLetterFolder implements Closeable {
  private final FileAccess files;
  private final Path folder;
  private final Closeable lock;
  private final DeadLetters letters;

  private DeadLetterFolder(FileAccess files, Path folder, Closeable lock, DeadLetters letters) {
    this.files = files;
    this.folder = folder;
    this.lock = lock;
    this.letters = letters;
  }

  /** Returns the outbox folders at a place: the place itself, or the folders in it. */
  public static List<Path> find(FileAccess files, Path place) throws IOException {
    List<Path> out = new ArrayList<>();
    if (isOne(files, place)) {
      out.add(place);
    }
    for (Path p : files.list(place)) {
      if (files.isDirectory(p.resolve(Outboxes.DEAD))) {
        out.add(p);
      }
    }
    return out;
  }

  private static boolean isOne(FileAccess files, Path place) {
    return files.isDirectory(place.resolve(Outboxes.DEAD));
  }

  /**
   * Opens a folder.
   *
   * @throws IOException if a process uses it, or it has no queue; none is created
   */
  public static DeadLetterFolder open(FileAccess files, Path folder) throws IOException {
    if (!isOne(files, folder)) {
      List<Path> inside = files.isDirectory(folder) ? find(files, folder) : List.of();
      throw new IOException(
          "there is no queue in "
              + folder
              + (inside.isEmpty()
                  ? ""
                  : " itself; name one of those in it: "
                      + inside.stream().map(Path::toString).collect(Collectors.joining(", "))));
    }
    Closeable lock;
    try {
      lock = files.lock(folder.resolve(Outboxes.LOCK));
    } catch (IOException e) {
      throw new IOException(
          e.getMessage() + "; use GET /api/v1/pipelines/dead-letters of the running process", e);
    }
    try {
      // No letters are added here, so none is evicted.
      DeadLetters letters = new DeadLetters(files, folder.resolve(Outboxes.DEAD), Long.MAX_VALUE);
      return new DeadLetterFolder(files, folder, lock, letters);
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /** Returns dead letters, oldest first. */
  public List<DeadLetter> list(int most) throws IOException {
    return letters.list(most);
  }

  /** Returns the number of dead letters. */
  public long count() {
    return letters.count();
  }

  /** Reads the request of a dead letter. */
  public Optional<EncodedRequest> read(String id) throws IOException {
    return letters.read(id);
  }

  /**
   * Requeues dead letters, to be sent after the next start of the process. The queue may exceed its
   * configured size.
   *
   * @return number of replayed letters
   */
  public int replay(List<String> ids, long millis) throws IOException {
    int done = 0;
    try (SegmentedLog queue =
        new SegmentedLog(
            files, folder.resolve(Outboxes.QUEUE), Long.MAX_VALUE, true, headers -> {})) {
      for (String id : ids) {
        Optional<EncodedRequest> p = letters.read(id);
        if (p.isPresent()) {
          StoredRequest r = StoredRequest.of(p.get(), millis, 0, "");
          queue.force(queue.append(r, p.get().body()));
          letters.remove(id);
          done++;
        }
      }
    }
    return done;
  }

  @Override
  public void close() throws IOException {
    letters.close();
    lock.close();
  }
}
