package dev.tethys.model.file;

import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Descriptions of I/O failures for users. */
public final class IoFailures {
  private IoFailures() {}

  /** What went wrong: of a file that is missing or closed to us Java says its name alone. */
  public static String describe(Exception e) {
    return switch (e) {
      case NoSuchFileException f -> f.getFile() + ": no such file or directory";
      case AccessDeniedException f -> f.getFile() + ": permission denied";
      case FileAlreadyExistsException f -> f.getFile() + ": a file of this name is there already";
      case NotDirectoryException f -> f.getFile() + ": not a directory";
      case DirectoryNotEmptyException f -> f.getFile() + ": the directory is not empty";
      default -> e.getMessage() == null ? e.toString() : e.getMessage();
    };
  }
}
