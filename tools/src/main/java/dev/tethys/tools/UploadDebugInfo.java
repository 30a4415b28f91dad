package dev.tethys.tools;

import dev.tethys.codec.elf.ElfFile;
import dev.tethys.codec.elf.SourceFrames;
import dev.tethys.model.access.TenantName;
import dev.tethys.runtime.cli.Flag;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** {@code profile upload-debuginfo}: stores binaries in a server, which names functions by them. */
final class UploadDebugInfo {
  private static final long MAX_BYTES = 1 << 30;
  private static final Duration TIMEOUT = Duration.ofMinutes(5);

  private static final Flag URL =
      Flag.of("url", Flag.Kind.STRING, "http://localhost:9090", "URL of the server.");
  private static final Flag TENANT =
      Flag.of("org-id", Flag.Kind.STRING, "", "Tenant, sent as " + TenantName.HEADER + ".");
  private static final Flag BUILD_ID =
      Flag.of(
          "build-id",
          Flag.Kind.STRING,
          "",
          "Build id of the file in hexadecimal digits; else the one in the file.");

  private UploadDebugInfo() {}

  static Command command() {
    return new Command(
        "profile upload-debuginfo",
        "<file>...",
        "Upload ELF files with symbols or debug information, so that the server names the functions"
            + " of profiles that have addresses only. The split DWARF of FILE is sent from"
            + " FILE.dwp.",
        List.of(URL, TENANT, BUILD_ID, HttpAccess.CONFIG),
        1,
        Command.ANY,
        UploadDebugInfo::run);
  }

  private static int run(Command.Arguments a, Console console) throws IOException {
    String given = a.flags().get(BUILD_ID.name());
    if (!given.isEmpty() && a.operands().size() > 1) {
      throw new CommandLineException("--build-id names the build of one file; give one file");
    }
    String tenant = a.flags().get(TENANT.name());
    Map<String, String> headers = tenant.isEmpty() ? Map.of() : Map.of(TenantName.HEADER, tenant);
    boolean failed = false;
    try (HttpAccess server =
        HttpAccess.of(
            a.flags().get(URL.name()), a.flags().get(HttpAccess.CONFIG.name()), List.of())) {
      for (String name : a.operands()) {
        Path file = Path.of(name);
        String id = given;
        String remark;
        try (ElfFile elf = ElfFile.open(file)) {
          List<String> ids = elf.buildIds();
          id = id.isEmpty() && !ids.isEmpty() ? ids.getFirst() : id;
          if (id.isEmpty() && SourceFrames.isPackage(elf)) {
            throw new IOException(
                file
                    + " is a package of split DWARF, which has no build id; give its program, with"
                    + " which a package NAME.dwp is sent, or --build-id");
          }
          remark = SourceFrames.hasLines(elf) ? "" : ", symbols only: no line numbers";
          remark = SourceFrames.isPackage(elf) ? ", split DWARF" : remark;
        }
        if (id.isEmpty()) {
          throw new IOException(
              file + " has no build id; link it with --build-id or name one with --build-id");
        }
        failed |= !send(server, headers, file, id, remark, console);
        Path split = file.resolveSibling(file.getFileName() + ".dwp");
        if (Files.isRegularFile(split) && !a.operands().contains(split.toString())) {
          failed |= !send(server, headers, split, id, ", split DWARF", console);
        }
      }
    }
    return failed ? 1 : 0;
  }

  private static boolean send(
      HttpAccess server,
      Map<String, String> headers,
      Path file,
      String id,
      String remark,
      Console console)
      throws IOException {
    if (Files.size(file) > MAX_BYTES) {
      throw new IOException(file + " is larger than " + MAX_BYTES + " bytes; strip its code");
    }
    HttpAccess.Reply r =
        server.send(
            "PUT", "/buildid/" + id + "/debuginfo", Files.readAllBytes(file), headers, TIMEOUT);
    if (r.status() == 200) {
      console.out().println(file + ": build " + id + remark);
    } else {
      console.err().println(file + ": " + r.statusText() + ": " + r.text().strip());
    }
    return r.status() == 200;
  }
}
