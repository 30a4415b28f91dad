package dev.tethys.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckConfigTest {
  @TempDir Path dir;
  private String output = "";

  private int run(String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (PrintStream to = new PrintStream(out, true, StandardCharsets.UTF_8)) {
      return new ToolRole(List.of())
          .run(
              Arrays.asList(args),
              new Console(new ByteArrayInputStream(new byte[0]), to, to, false));
    } finally {
      output = out.toString(StandardCharsets.UTF_8);
    }
  }

  private int check(String yaml, String... flags) throws IOException {
    Path file = Files.writeString(dir.resolve("prometheus.yml"), yaml);
    String[] args = Arrays.copyOf(new String[] {"check", "config"}, 3 + flags.length);
    System.arraycopy(flags, 0, args, 2, flags.length);
    args[args.length - 1] = file.toString();
    return run(args);
  }

  @Test
  void rejectsMissingFilesOfKubernetesDiscovery() throws IOException {
    Files.writeString(dir.resolve("there.pem"), "");
    for (String files :
        new String[] {
          "cert_file: there.pem, key_file: none.pem", "cert_file: none.pem, key_file: there.pem"
        }) {
      String yaml =
          "scrape_configs: [{job_name: a, kubernetes_sd_configs: [{role: pod, api_server: "
              + "'https://x', tls_config: {"
              + files
              + "}}]}]";
      assertThat(check(yaml)).isEqualTo(1);
      assertThat(output)
          .contains("FAILED: error checking client ", "none.pem: no such file or directory");
      assertThat(check(yaml, "--syntax-only")).as(output).isZero();
    }
    assertThat(
            check(
                "scrape_configs: [{job_name: a, kubernetes_sd_configs: [{role: pod, api_server:"
                    + " 'https://x', tls_config: {cert_file: there.pem, key_file: there.pem}}]}]"))
        .as(output)
        .isZero();
  }

  @Test
  void namesAllMissingFiles() throws IOException {
    String yaml =
        "rule_files: [gone.yml]\nscrape_configs: [{job_name: a, tls_config: {cert_file: c.pem,"
            + " key_file: k.pem}}, {job_name: b, authorization: {credentials_file: token}}]";
    assertThat(check(yaml)).isEqualTo(1);
    assertThat(output.lines().filter(l -> l.contains("  FAILED: ")))
        .hasSize(4)
        .anyMatch(l -> l.contains("gone.yml"))
        .anyMatch(l -> l.contains("c.pem"))
        .anyMatch(l -> l.contains("k.pem"))
        .anyMatch(l -> l.contains("token"));
  }

  @Test
  void checksIncludedJobFiles() throws IOException {
    Files.writeString(
        dir.resolve("jobs.yml"),
        "scrape_configs: [{job_name: b, authorization: {credentials_file: none}}]");
    String yaml = "scrape_config_files: [jobs.yml]";
    assertThat(check(yaml)).isEqualTo(1);
    assertThat(output).contains("error checking authorization credentials or bearer token file");
    assertThat(check(yaml, "--syntax-only")).as(output).isZero();
  }

  @Test
  void syntaxCheckReadsNoJobFiles() throws IOException {
    Files.writeString(dir.resolve("jobs.yml"), "scrape_configs: [{job_nam: b}]");
    String yaml = "scrape_config_files: ['*.yml']\nscrape_configs: [{job_name: a}]";
    assertThat(check("scrape_config_files: [jobs.yml]")).isEqualTo(1);
    assertThat(output).contains("job_nam");
    assertThat(check("scrape_config_files: [jobs.yml]", "--syntax-only")).as(output).isZero();
    Files.writeString(dir.resolve("jobs.yml"), "scrape_configs: [{job_name: a}]");
    assertThat(check(yaml.replace("*", "job*"), "--syntax-only")).as(output).isZero();
    assertThat(check("scrape_config_files: ['a*/b.yml/../[']", "--syntax-only")).isEqualTo(1);
  }

  @Test
  void suggestsCommandsAndFlags() {
    assertThat(run("chek", "config", "x")).isNotZero();
    assertThat(output).contains("expected command but got \"chek\", did you mean check?");
    assertThat(run("check", "confg", "x")).isNotZero();
    assertThat(output).contains("did you mean config?");
    assertThat(run("check", "config", "--syntax", "x")).isNotZero();
    assertThat(output).contains("unknown long flag '--syntax', did you mean --syntax-only?");
    assertThat(run("--syntax-onli")).isNotZero();
    assertThat(output).contains("did you mean --syntax-only?");
    assertThat(run("amtool", "silense", "query")).isNotZero();
    assertThat(output).contains("did you mean silence?");
  }

  @Test
  void reportsDeniedPermission() throws IOException {
    assertThat(run("check", "config", dir.toString())).isEqualTo(1);
    assertThat(output).containsIgnoringCase("is a directory");
    assertThat(run("check", "config", dir.resolve("none.yml").toString())).isEqualTo(1);
    assertThat(output).contains("does not exist");
  }
}
