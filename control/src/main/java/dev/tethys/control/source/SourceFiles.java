package dev.tethys.control.source;

import dev.tethys.config.YamlDocument;
import dev.tethys.control.text.Texts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Place of files that are a source of the control plane: the last commit of a clone, a folder, or
 * the objects of a cluster.
 */
public interface SourceFiles {
  int MAX_FILES = 1000;

  /** Maximum number of bytes of a file. */
  int MAX_FILE = 4 << 20;

  String ENDING = ".yaml";

  /**
   * File.
   *
   * @param path slash-separated path relative to the source
   * @param commit last commit that changed the file, with its author and subject
   * @param problem reason for rejecting it without reading its text; "" for none
   * @param undone reason recorded by a previous control plane for undoing the rollout of this text;
   *     "" if none did
   */
  record File(
      String path,
      String text,
      String commit,
      String author,
      String subject,
      String problem,
      String undone) {
    public File(
        String path, String text, String commit, String author, String subject, String problem) {
      this(path, text, commit, author, subject, problem, "");
    }

    public File(String path, String text, String commit, String author, String subject) {
      this(path, text, commit, author, subject, "");
    }
  }

  /**
   * All files at one time.
   *
   * @param commit identifies the content
   * @param author commit author
   */
  record Snapshot(String commit, String author, List<File> files) {}

  /**
   * Reads the files.
   *
   * @param known commit of the last snapshot; "" if none
   * @return null if the commit is the known one
   * @throws IOException if the files cannot be read as a whole
   */
  @Nullable Snapshot read(String known) throws IOException;

  /** Files are being read for the first time. */
  final class NotReadyException extends IOException {
    private static final long serialVersionUID = 1;

    public NotReadyException(String message) {
      super(message);
    }
  }

  /** Returns the location, for log lines. */
  String place();

  /** Returns the kind of location, for users. */
  default String word() {
    return "repository";
  }

  /** Returns the prefix of author names in the audit log. */
  default String actorPrefix() {
    return "git:";
  }

  /** Whether this process may act; false if another one may have taken over. */
  default boolean mayAct() {
    return true;
  }

  /** Starts notifying a listener of changed files, if the place supports it. */
  default void start(Runnable changed) {}

  /** Receives the result of a check. */
  default void took(Repository.State state) {}

  /** Ends the notifications of {@link #start}. */
  default void close() {}

  /** Files of the last commit of a Git clone, which is pulled before. */
  final class OfGit implements SourceFiles {
    /** Mode of a symbolic link in Git. */
    private static final String LINK = "120000";

    private final Path folder;
    private final GitCommand git;
    private final boolean pull;
    private Map<String, Known> before = Map.of();

    /** File already read, and the hash of its content in Git. */
    private record Known(String blob, File file) {}

    OfGit(Path folder, boolean pull) {
      this.folder = folder;
      this.git = new GitCommand(folder);
      this.pull = pull;
    }

    @Override
    public @Nullable Snapshot read(String known) throws IOException {
      String commit = latest();
      if (commit.equals(known)) {
        return null;
      }
      Map<String, Known> now = new TreeMap<>();
      List<File> files = new ArrayList<>();
      for (String entry : git.run("ls-tree", "-r", "-l", "-z", "HEAD", ".").split("\0", -1)) {
        int tab = entry.indexOf('\t');
        String path = tab < 0 ? "" : entry.substring(tab + 1);
        String[] head = tab < 0 ? new String[0] : entry.substring(0, tab).split(" +", -1);
        if (head.length != 4 || !head[1].equals("blob") || !path.endsWith(ENDING)) {
          continue;
        }
        checkCount(files.size());
        checkSize(path, Long.parseLong(head[3]));
        Known k = before.get(path);
        boolean link = head[0].equals(LINK);
        File f =
            k != null && k.blob.equals(head[2]) && k.file.problem.isEmpty() != link
                ? k.file
                : link ? link(path) : file(path);
        now.put(path, new Known(head[2], f));
        files.add(f);
      }
      before = now;
      return new Snapshot(commit, git.run("log", "-1", "--format=%an").strip(), List.copyOf(files));
    }

    /** Returns the last commit, after a pull if configured. */
    private String latest() throws IOException {
      try {
        if (pull) {
          git.run("pull", "--ff-only", "--quiet");
        }
        return git.run("rev-parse", "HEAD").strip();
      } catch (IOException e) {
        if (!git.run("rev-list", "-n", "1", "--all").isBlank()) {
          throw e;
        }
        throw new IOException(
            "the repository in "
                + folder
                + " has no commit yet; commit a file"
                + (pull ? ", and push it where its origin has none either: " + e.getMessage() : ""),
            e);
      }
    }

    @Override
    public String place() {
      return folder.toString();
    }

    private File file(String path) throws IOException {
      return file(path, git.run("show", "HEAD:./" + path), "");
    }

    /** Reads a link, which can lead to a file outside the commit that has not been reviewed. */
    private File link(String path) throws IOException {
      String to = Texts.shortened(git.run("show", "HEAD:./" + path), 200);
      return file(
          path, "", path + ": symbolic link to " + to + ", refused; commit the file itself");
    }

    private File file(String path, String text, String problem) throws IOException {
      String[] last =
          git.run("log", "-1", "--format=%h%x00%an%x00%s", "--", path).strip().split("\0", -1);
      return new File(
          path,
          text,
          last[0],
          last.length > 1 ? last[1] : "",
          last.length > 2 ? last[2] : "",
          problem);
    }
  }

  /**
   * Files of a folder. Names that begin with a dot are omitted. A folder without files is assumed
   * to be unmounted.
   */
  final class OfFolder implements SourceFiles {
    private final Path folder;

    OfFolder(Path folder) {
      this.folder = folder;
    }

    @Override
    public @Nullable Snapshot read(String known) throws IOException {
      if (!Files.isDirectory(folder)) {
        throw new IOException(folder + " is not a folder");
      }
      Map<String, String> texts = new TreeMap<>();
      Map<String, String> problems = new TreeMap<>();
      boolean[] any = new boolean[1];
      try {
        Files.walkFileTree(
            folder,
            new SimpleFileVisitor<>() {
              @Override
              public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes a) {
                return !dir.equals(folder) && isHidden(dir)
                    ? FileVisitResult.SKIP_SUBTREE
                    : FileVisitResult.CONTINUE;
              }

              @Override
              public FileVisitResult visitFile(Path file, BasicFileAttributes a)
                  throws IOException {
                // A link to a file is read: mounted volumes of Kubernetes consist of them.
                if (isHidden(file) || !Files.isRegularFile(file)) {
                  if (!isHidden(file) && a.isSymbolicLink() && file.toString().endsWith(ENDING)) {
                    any[0] = true;
                    String path = folder.relativize(file).toString().replace('\\', '/');
                    checkCount(texts.size());
                    texts.put(path, "");
                    problems.put(
                        path,
                        path
                            + ": symbolic link to "
                            + Files.readSymbolicLink(file)
                            + ", which is not a file");
                  }
                  return FileVisitResult.CONTINUE;
                }
                any[0] = true;
                if (file.toString().endsWith(ENDING)) {
                  checkCount(texts.size());
                  checkSize(file.toString(), Files.size(file));
                  texts.put(
                      folder.relativize(file).toString().replace('\\', '/'),
                      YamlDocument.text(file));
                }
                return FileVisitResult.CONTINUE;
              }
            });
      } catch (UncheckedIOException e) {
        throw new IOException(e.getMessage(), e);
      }
      if (!any[0]) {
        throw new IOException(
            folder + " has no files; if that is intended, put any file in it, such as README");
      }
      StringBuilder all = new StringBuilder();
      texts.forEach((p, t) -> all.append(p).append('\n').append(Texts.sha256(t)).append('\n'));
      problems.values().forEach(p -> all.append(p).append('\n'));
      String commit = Texts.sha256(all.toString());
      if (commit.equals(known)) {
        return null;
      }
      List<File> files = new ArrayList<>();
      texts.forEach(
          (p, t) ->
              files.add(
                  new File(
                      p,
                      t,
                      Texts.sha256(t).substring(0, 10),
                      "folder",
                      p,
                      problems.getOrDefault(p, ""))));
      return new Snapshot(commit, "folder", List.copyOf(files));
    }

    @Override
    public String place() {
      return folder.toString();
    }

    private static boolean isHidden(Path p) {
      Path name = p.getFileName();
      return name != null && name.toString().startsWith(".");
    }
  }

  private static void checkSize(String path, long bytes) throws IOException {
    if (bytes > MAX_FILE) {
      throw new IOException(
          path + " has " + bytes + " bytes; at most " + MAX_FILE + ": remove or split it");
    }
  }

  private static void checkCount(int files) throws IOException {
    if (files >= MAX_FILES) {
      throw new IOException("there are more than " + MAX_FILES + " files " + ENDING);
    }
  }
}
