package dev.tethys.control.source;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of a folder that is no clone. */
class SourceFilesTest {
  private @TempDir Path folder;

  @Test
  void treatsAnEmptyFolderAsUnmounted() throws Exception {
    Path plain = Files.createDirectories(folder.resolve("plain"));
    SourceFiles.OfFolder source = new SourceFiles.OfFolder(plain);
    assertThatThrownBy(() -> source.read("")).hasMessageContaining("has no files");
    Files.writeString(plain.resolve("README"), "");
    assertThat(requireNonNull(source.read("")).files()).isEmpty();
    Files.createDirectories(plain.resolve("a"));
    Files.createDirectories(plain.resolve("..data"));
    Files.writeString(plain.resolve("..data/b.yaml"), "b");
    Files.createSymbolicLink(plain.resolve("a/b.yaml"), plain.resolve("..data/b.yaml"));
    SourceFiles.Snapshot s = requireNonNull(source.read(""));
    assertThat(s.files()).extracting(SourceFiles.File::path).containsExactly("a/b.yaml");
    assertThat(source.read(s.commit())).isNull();
  }

  @Test
  void namesATooLargeFileWithoutReadingIt(@org.junit.jupiter.api.io.TempDir java.nio.file.Path at)
      throws Exception {
    java.nio.file.Files.write(at.resolve("huge.yaml"), new byte[SourceFiles.MAX_FILE + 1]);
    org.assertj.core.api.Assertions.assertThatThrownBy(() -> new SourceFiles.OfFolder(at).read(""))
        .isInstanceOf(java.io.IOException.class)
        .hasMessageContaining("huge.yaml has 4194305 bytes; at most 4194304");
    for (String[] command :
        new String[][] {
          {"init", "-q"},
          {"add", "."},
          {"-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "x"}
        }) {
      new GitCommand(at).run(command);
    }
    org.assertj.core.api.Assertions.assertThatThrownBy(
            () -> new SourceFiles.OfGit(at, false).read(""))
        .isInstanceOf(java.io.IOException.class)
        .hasMessageContaining("huge.yaml has 4194305 bytes; at most 4194304");
  }

  @Test
  void namesCloneWithoutACommit() throws Exception {
    Path origin = Files.createDirectories(folder.resolve("origin"));
    Path clone = folder.resolve("clone");
    new GitCommand(origin).run("init", "-q", "-b", "main");
    new GitCommand(folder).run("clone", "-q", origin.toString(), clone.toString());
    for (boolean pull : new boolean[] {false, true}) {
      assertThatThrownBy(() -> new SourceFiles.OfGit(clone, pull).read(""))
          .hasMessageContaining("clone has no commit yet; commit a file");
    }
    assertThatThrownBy(() -> new SourceFiles.OfGit(folder, false).read(""))
        .hasMessageContaining("not a git repository");
  }
}
