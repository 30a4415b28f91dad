package dev.tethys.pipeline.processor.detection;

import dev.tethys.model.libc.CanonicalName;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Host names of the machine, by source. */
public class HostNames {
  private final Path root;

  public HostNames(Path root) {
    this.root = root;
  }

  /** Returns the name reported by the kernel. */
  String own() throws IOException {
    try {
      String name = Files.readString(root.resolve("proc/sys/kernel/hostname")).strip();
      if (!name.isEmpty()) {
        return name;
      }
    } catch (IOException e) {
      // not on Linux
    }
    return InetAddress.getLocalHost().getHostName();
  }

  /** Returns the fully qualified name from the hosts file, the resolver, or reverse lookup. */
  String qualified() throws IOException {
    String own = own();
    String known = inHosts(own);
    if (known != null) {
      return known;
    }
    try {
      return canonical();
    } catch (IOException e) {
      return reverse();
    }
  }

  /** Returns the resolver's canonical name for the kernel's host name. */
  String canonical() throws IOException {
    return withoutDot(canonical(own()));
  }

  /** Returns the name of one of the host name's addresses. */
  String reverse() throws IOException {
    for (InetAddress a : addresses(own())) {
      String name = name(a);
      if (!name.equals(a.getHostAddress())) {
        return withoutDot(name);
      }
    }
    throw new IOException("no address of " + own() + " has a name");
  }

  protected String canonical(String name) throws IOException {
    return CanonicalName.of(name);
  }

  protected List<InetAddress> addresses(String name) throws IOException {
    return List.of(InetAddress.getAllByName(name));
  }

  /** Returns a name for an address, or the address itself. */
  protected String name(InetAddress a) {
    return a.getCanonicalHostName();
  }

  /** Returns the first name on the line of the hosts file that contains a name. */
  private @Nullable String inHosts(String own) {
    List<String> lines;
    try {
      lines = Files.readAllLines(root.resolve("etc/hosts"));
    } catch (IOException e) {
      return null;
    }
    for (String line : lines) {
      int comment = line.indexOf('#');
      String[] words = (comment < 0 ? line : line.substring(0, comment)).strip().split("[ \t]+");
      for (int i = 1; i < words.length; i++) {
        if (words[i].equals(own)) {
          return words[1];
        }
      }
    }
    return null;
  }

  private static String withoutDot(String name) {
    return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
  }
}
