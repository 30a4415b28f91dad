package dev.tethys.model.file;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;

/** Descriptions of I/O failures for users. */
public final class IoFailures {
  private IoFailures() {}

  /**
   * The same failure with its reason in the message, which Java omits or replaces by the file name.
   * The type is kept.
   */
  public static IOException named(Path file, IOException e) {
    IOException out =
        switch (e) {
          case NoSuchFileException f ->
              new NoSuchFileException(f.getFile(), null, "no such file or directory");
          case AccessDeniedException f ->
              new AccessDeniedException(f.getFile(), null, "permission denied");
          case FileSystemException _ -> e;
          default -> Files.isDirectory(file) ? new IOException(file + ": is a directory") : e;
        };
    if (out != e) {
      out.initCause(e);
    }
    return out;
  }

  /**
   * Describes an I/O failure; for a missing or inaccessible file Java's message is just its name.
   */
  public static String describe(Exception e) {
    String reason = reason(e);
    return e instanceof FileSystemException f && !reason.equals(e.getMessage())
        ? f.getFile() + ": " + reason
        : reason;
  }

  /** Describes a failure without the name of the file, for a text that already has it. */
  public static String reason(Exception e) {
    return switch (e) {
      case NoSuchFileException _ -> "no such file or directory";
      case AccessDeniedException _ -> "permission denied";
      case FileAlreadyExistsException _ -> "a file with this name already exists";
      case NotDirectoryException _ -> "not a directory";
      case DirectoryNotEmptyException _ -> "the directory is not empty";
      default -> e.getMessage() == null ? e.toString() : e.getMessage();
    };
  }
}
