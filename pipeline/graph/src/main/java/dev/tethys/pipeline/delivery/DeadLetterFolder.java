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
 * The dead letters of an outbox whose process does not run, in the folder of its queue. Holds the
 * folder's lock until closed, so that no process starts to use it meanwhile.
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

  /** The folders of outboxes at a place: it itself, or those in it. */
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
   * @throws IOException when a process uses it, or there is no queue, of which none is made
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
          e.getMessage() + "; one that runs answers GET /api/v1/pipelines/dead-letters itself", e);
    }
    try {
      // No letter is added here, so none makes room for another.
      DeadLetters letters = new DeadLetters(files, folder.resolve(Outboxes.DEAD), Long.MAX_VALUE);
      return new DeadLetterFolder(files, folder, lock, letters);
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /** Its letters, oldest first. */
  public List<DeadLetter> list(int most) throws IOException {
    return letters.list(most);
  }

  /** How many letters there are. */
  public long count() {
    return letters.count();
  }

  /** What a letter carries. */
  public Optional<EncodedRequest> read(String id) throws IOException {
    return letters.read(id);
  }

  /**
   * Puts letters into the queue, to be sent when the process runs again. The queue may become
   * larger than configured by that.
   *
   * @return how many there were
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
