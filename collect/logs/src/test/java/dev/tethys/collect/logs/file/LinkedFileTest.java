package dev.tethys.collect.logs.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files behind links, as /var/log/containers has them, and the files of Docker's that a kubelet
 * links to: who rotates them does so where they really stand, and links are changed and removed by
 * others.
 */
class LinkedFileTest {
  @TempDir Path folder;
  private Rig rig;

  @BeforeEach
  void begin() throws IOException {
    rig = new Rig(folder);
    Files.createDirectories(folder.resolve("links"));
  }

  @AfterEach
  void end() {
    rig.close();
  }

  private Rig link(String name, String to) throws IOException {
    Files.createSymbolicLink(rig.file(name), rig.file(to));
    return rig;
  }

  /** Lines that are long enough for a copy to be known by them. */
  private static String lines(String what) {
    return (what + " " + "x".repeat(700) + "\n").repeat(2);
  }

  @Test
  void findsAnOfflineRotationInTheRealFolder() throws IOException {
    rig.write("data/real", "1\n");
    link("links/a.log", "data/real").tail("links/*.log");
    rig.stop();
    rig.write("data/real", "2\n").move("data/real", "data/real.1").write("data/real", "3\n");
    assertThat(rig.begin("links/*.log").lines()).containsExactly("1", "2", "3");
    assertThat(rig.metric("tethys_logs_file_generations_total", "event", "lost")).isNaN();
  }

  @Test
  void findsTwoRotationsBetweenScansInTheRealFolder() throws IOException {
    rig.write("data/real", "1\n");
    link("links/a.log", "data/real").tail("links/*.log");
    rig.write("data/real", "2\n").move("data/real", "data/real.1").write("data/real", "3\n");
    rig.move("data/real.1", "data/real.2").move("data/real", "data/real.1");
    rig.write("data/real", "4\n").look();
    assertThat(rig.lines()).containsExactly("1", "2", "3", "4");
  }

  @Test
  void findsARotatedClosedFileInTheRealFolder() throws IOException {
    rig.write("data/one", "1\n").write("data/two", "1\n");
    link("links/a.log", "data/one");
    link("links/b.log", "data/two").tail(FileOptions.DEFAULT, 1, "links/*.log").take();
    rig.write("data/one", "2\n").move("data/one", "data/one.1").write("data/one", "3\n");
    rig.write("data/two", "2\n").move("data/two", "data/two.1").write("data/two", "3\n");
    rig.look().later();
    assertThat(rig.lines()).containsExactlyInAnyOrder("2", "2", "3", "3");
    assertThat(rig.metric("tethys_logs_file_generations_total", "event", "lost")).isNaN();
  }

  @Test
  void readsFileWhoseLinkIsRemovedUnread() throws IOException {
    rig.write("data/one", "1\n").write("data/two", "1\n");
    link("links/a.log", "data/one");
    link("links/b.log", "data/two").tail(FileOptions.DEFAULT, 1, "links/*.log").take();
    rig.write("data/one", "2\n").write("data/two", "2\n");
    rig.delete("links/a.log").delete("links/b.log").look().later();
    assertThat(rig.lines()).containsExactly("2", "2");
    assertThat(rig.metric("tethys_logs_file_generations_total", "event", "lost")).isNaN();
  }

  @Test
  void readsSeenFileWhoseLinkIsRemovedUnopened() throws IOException {
    rig.write("data/one", "1\n").write("data/two", "2\n").tail("nothing");
    link("links/a.log", "data/one");
    link("links/b.log", "data/two");
    rig.stop();
    // With space for one, the other waits for its turn to be opened.
    rig.tail(FileOptions.DEFAULT, 1, "nothing").targets("links/*.log").see();
    rig.delete("links/a.log").delete("links/b.log").look().later();
    assertThat(rig.lines()).containsExactlyInAnyOrder("1", "2");
  }

  @Test
  void followsLinkToTheNextFile() throws IOException {
    rig.write("data/real-1", "1\n");
    link("links/a.log", "data/real-1").tail("links/*.log");
    rig.stop();
    rig.write("data/real-1", "2\n").write("data/real-2", "3\n").delete("links/a.log");
    link("links/a.log", "data/real-2").begin("links/*.log");
    assertThat(rig.lines()).containsExactly("1", "2", "3");
  }

  @Test
  void findsACopyBeforeTruncationInTheRealFolder() throws IOException {
    rig.write("data/real", lines("a"));
    link("links/a.log", "data/real").tail("links/*.log");
    rig.write("data/real", "unread\n").copyTruncate("data/real", "data/real.1");
    rig.write("data/real", "new\n").look();
    assertThat(rig.lines()).hasSize(4).endsWith("unread", "new");
  }

  /** As Docker rotates: for a moment the link leads nowhere, and a scan happens at that moment. */
  @Test
  void temporarilyDanglingLinkLosesNothing() throws IOException {
    rig.write("data/real", "1\n");
    link("links/a.log", "data/real").tail("links/*.log");
    rig.write("data/real", "2\n").move("data/real", "data/real.1").look();
    rig.write("data/real", "3\n").move("data/real.1", "data/real.2");
    rig.move("data/real", "data/real.1").write("data/real", "4\n").look();
    assertThat(rig.later().lines()).containsExactly("1", "2", "3", "4");
  }

  @Test
  void reusedInodeBehindLinkIsNotProof() throws IOException {
    rig.write("data/one", "1\n").write("data/two", "1\n");
    link("links/a.log", "data/one");
    link("links/b.log", "data/two").tail(FileOptions.DEFAULT, 1, "links/*.log").take();
    // Both are closed, or one is: what is deleted gives its inode to the next.
    rig.delete("data/one").delete("data/two");
    rig.write("data/two", "3\n").write("data/one", "4\n").look().later();
    assertThat(rig.lines()).containsExactlyInAnyOrder("3", "4");
  }
}
