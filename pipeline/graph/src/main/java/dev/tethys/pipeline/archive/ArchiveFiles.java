package dev.tethys.pipeline.archive;

import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.FileAccess.ReadableFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Files of an archive by their names, for reading. A file that is absent is a NoSuchFileException.
 */
public interface ArchiveFiles {
  /** Names of files; empty if the location does not exist. */
  List<String> names() throws IOException;

  boolean exists(String name) throws IOException;

  /** Returns the size of a file in bytes. */
  long size(String name) throws IOException;

  /** Returns the complete content of a file. */
  byte[] read(String name) throws IOException;

  /** Opens a file for reading here and there. */
  ReadableFile open(String name) throws IOException;

  /** Returns the name of a file for messages. */
  String shown(String name);

  /** Returns the files of a directory. */
  static ArchiveFiles in(FileAccess files, Path folder) {
    return new ArchiveFiles() {
      @Override
      public List<String> names() throws IOException {
        return files.list(folder).stream().map(p -> String.valueOf(p.getFileName())).toList();
      }

      @Override
      public boolean exists(String name) {
        return files.exists(folder.resolve(name));
      }

      @Override
      public long size(String name) throws IOException {
        return files.size(folder.resolve(name));
      }

      @Override
      public byte[] read(String name) throws IOException {
        return files.read(folder.resolve(name));
      }

      @Override
      public ReadableFile open(String name) throws IOException {
        return files.open(folder.resolve(name));
      }

      @Override
      public String shown(String name) {
        return folder.resolve(name).toString();
      }
    };
  }
}
