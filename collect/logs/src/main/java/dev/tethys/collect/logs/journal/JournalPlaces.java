package dev.tethys.collect.logs.journal;

import dev.tethys.collect.logs.file.Glob;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Locations of journal files. */
public abstract class JournalPlaces {
  /** Folders that journald writes to. */
  public static final List<Path> FOLDERS =
      List.of(Path.of("/var/log/journal"), Path.of("/run/log/journal"));

  private JournalPlaces() {}

  /** Receives journal files. */
  interface Visitor {
    void file(Path file);

    void unreadable(Path folder, Exception cause);
  }

  abstract void visit(Visitor v);

  /** Existing folders of namespaces that are not read. */
  public List<Path> passedOver() {
    return List.of();
  }

  /**
   * Files in folders, and in folders of these, which journald calls by machine and namespace:
   * {@code 0123…cdef}, {@code 0123…cdef.web}.
   *
   * @param namespaces namespaces to read; the default one is ""
   */
  public static JournalPlaces folders(List<Path> folders, Predicate<String> namespaces) {
    return new JournalPlaces() {
      @Override
      void visit(Visitor v) {
        folders.forEach(f -> list(f, true, v));
      }

      private void list(Path folder, boolean deeper, Visitor v) {
        try (DirectoryStream<Path> s = Files.newDirectoryStream(folder)) {
          for (Path p : s) {
            String name = p.getFileName().toString();
            if (name.endsWith(".journal") || name.endsWith(".journal~")) {
              v.file(p);
            } else if (deeper && namespaces.test(namespace(name)) && Files.isDirectory(p)) {
              list(p, false, v);
            }
          }
        } catch (IOException | DirectoryIteratorException e) {
          v.unreadable(folder, e);
        }
      }

      @Override
      public List<Path> passedOver() {
        List<Path> out = new ArrayList<>();
        for (Path folder : folders) {
          try (DirectoryStream<Path> s =
              Files.newDirectoryStream(
                  folder,
                  p ->
                      !namespaces.test(namespace(p.getFileName().toString()))
                          && Files.isDirectory(p))) {
            s.forEach(out::add);
          } catch (IOException | DirectoryIteratorException e) {
            // visit reports it
          }
        }
        return out;
      }
    };
  }

  private static String namespace(String folder) {
    return folder.substring(folder.indexOf('.') < 0 ? folder.length() : folder.indexOf('.') + 1);
  }

  /** Files by a pattern, regardless of their names. */
  public static JournalPlaces files(Glob pattern) {
    return new JournalPlaces() {
      @Override
      void visit(Visitor v) {
        pattern.walk(
            new Glob.Visitor() {
              @Override
              public void folder(Path folder) {}

              @Override
              public void file(Path file) {
                v.file(file);
              }
            });
      }
    };
  }
}
