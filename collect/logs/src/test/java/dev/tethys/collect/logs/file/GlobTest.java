package dev.tethys.collect.logs.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GlobTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "/var/log/*.log /var/log/a.log true",
        "/var/log/*.log /var/log/.hidden.log true",
        "/var/log/*.log /var/log/b/a.log false",
        "/var/**/*.log /var/a.log true",
        "/var/**/*.log /var/log/b/a.log true",
        "/var/log/** /var/log/b/a.log true",
        "/var/log/** /var/log false",
        "/var/log/a?c /var/log/abc true",
        "/var/log/a?c /var/log/ac false",
        "/var/log/[a-c]x /var/log/bx true",
        "/var/log/[^a-c]x /var/log/bx false",
        "/var/log/[!a-c]x /var/log/dx true",
        "/var/log/[]a]x /var/log/]x true",
        "/var/log/{a,b*}/x /var/log/bcd/x true",
        "/var/log/{a,{b,c}d}/x /var/log/cd/x true",
        "/var/{log/a,tmp}/x /var/log/a/x true",
        "/var/log/\\*x /var/log/*x true",
        "/var/log/\\*x /var/log/ax false",
        "/a/*b*c*d /a/xbxcxd true",
        "/a/*b*c*d /a/xbxcxdx false",
        "/var/log/pods/*uid-1/app/*.log /var/log/pods/ns_pod_uid-1/app/0.log true",
      })
  void matchesAsDoublestarDoes(String pattern, String path, boolean matches) {
    assertThat(Glob.of(pattern).matches(Path.of(path))).isEqualTo(matches);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {"/a/[b", "/a/{b", "/a/../b"})
  void rejectsUnterminatedInput(String pattern) {
    assertThatThrownBy(() -> Glob.of(pattern))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(pattern);
  }

  @Test
  void rejectsTrailingBackslash() {
    assertThatThrownBy(() -> Glob.of("/a/b\\")).hasMessageContaining("ends with a backslash");
  }

  @Test
  void matchesManyWildcardsQuickly() {
    String name = "a".repeat(200);
    assertThat(Glob.of("/" + "*a".repeat(50) + "b").matches(Path.of("/" + name))).isFalse();
  }

  @Test
  void rejectsTooManyAlternatives() {
    assertThatThrownBy(() -> Glob.of("/" + "{a,b}".repeat(11)))
        .hasMessageContaining("more than 1000 patterns");
  }

  @Test
  void walksFoldersDespiteLinkCycles(@TempDir Path dir) throws IOException {
    Files.createDirectories(dir.resolve("a/b"));
    Files.createSymbolicLink(dir.resolve("a/b/up"), dir.resolve("a"));
    Files.writeString(dir.resolve("a/x.log"), "");
    Files.writeString(dir.resolve("a/b/y.log"), "");
    Files.writeString(dir.resolve("a/b/z.txt"), "");
    Set<String> files = new TreeSet<>();
    Set<Path> folders = new TreeSet<>();
    Glob.of(dir + "/**/*.log")
        .walk(
            new Glob.Visitor() {
              @Override
              public void folder(Path folder) {
                folders.add(folder);
              }

              @Override
              public void file(Path file) {
                files.add(dir.relativize(file).toString());
              }
            });
    assertThat(files).containsExactly("a/b/y.log", "a/x.log");
    assertThat(folders).contains(dir, dir.resolve("a"), dir.resolve("a/b"));
  }
}
