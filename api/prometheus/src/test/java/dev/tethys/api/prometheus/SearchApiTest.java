package dev.tethys.api.prometheus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tethys.model.Labels;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SearchApiTest {
  private static ApiServer server;

  @BeforeAll
  static void start() throws Exception {
    server = new ApiServer(ApiSettings.DEFAULT.with(false, false, true));
    long now = ApiServer.NOW.toEpochMilli();
    for (String name : List.of("http_requests_total", "http_errors_total", "Up", "node_cpu")) {
      server.sample(Labels.of("__name__", name, "job", "x" + name.length()), now, 1);
    }
    server.sample(Labels.of("__name__", "old"), now - 7_200_000, 1);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static final String END = "{\"status\":\"success\",\"has_more\":false}\n";

  private static String search(String query) {
    return server.get("/api/v1/search/" + query.replace("[]", "%5B%5D"));
  }

  @Test
  void isOffByDefault() throws Exception {
    try (ApiServer off = new ApiServer(ApiSettings.DEFAULT)) {
      assertThat(off.get("/api/v1/search/metric_names"))
          .isEqualTo(
              "500 {\"status\":\"error\",\"errorType\":\"unavailable\",\"error\":\"search API"
                  + " disabled\"}");
    }
  }

  @Test
  void listsInBatches() {
    assertThat(search("metric_names?batch_size=3"))
        .isEqualTo(
            "200 {\"results\":[{\"name\":\"Up\"},{\"name\":\"http_errors_total\"},"
                + "{\"name\":\"http_requests_total\"}]}\n{\"results\":[{\"name\":\"node_cpu\"}]}\n"
                + END);
    assertThat(search("metric_names?limit=1&sort_by=alpha&sort_dir=dsc"))
        .isEqualTo(
            "200 {\"results\":[{\"name\":\"node_cpu\"}]}\n"
                + "{\"status\":\"success\",\"has_more\":true}\n");
    assertThat(search("label_names?search[]=jo"))
        .isEqualTo("200 {\"results\":[{\"name\":\"job\"}]}\n" + END);
    assertThat(search("label_values?label=job&match[]=Up"))
        .isEqualTo("200 {\"results\":[{\"value\":\"x2\"}]}\n" + END);
    assertThat(search("metric_names?search[]=zzz")).isEqualTo("200 {\"results\":[]}\n" + END);
    assertThat(search("metric_names?start=0")).contains("\"old\"");
  }

  @Test
  void ranks() {
    assertThat(search("metric_names?search[]=total&sort_by=score&include_score=true"))
        .startsWith("200 {\"results\":[{\"name\":\"http_errors_total\",\"score\":0.9")
        .contains("{\"name\":\"http_requests_total\",\"score\":0.9");
    assertThat(search("metric_names?search[]=UP")).contains("\"results\":[]");
    assertThat(search("metric_names?search[]=UP&case_sensitive=false")).contains("\"Up\"");
    assertThat(search("metric_names?search[]=htprq&fuzz_threshold=10"))
        .contains("http_requests_total");
    assertThat(search("metric_names?search[]=node_cup&fuzz_alg=jarowinkler&fuzz_threshold=90"))
        .contains("node_cpu")
        .doesNotContain("http");
  }

  @ParameterizedTest
  @CsvSource({
    "abc,abc,1",
    "abc,abcd,1",
    "xyz,abc,-1",
    // two runs of 1, one skipped between them: (2 - 1/3) / 4 * 0.999
    "ac,abc,0.41625",
    // one run of 2 behind one character: (4 - 1/3) / 4 * 0.999
    "bc,abc,0.91575",
    // the later start is better: (4 - 2/4) / 4 * 0.999
    "ab,acab,0.874125"
  })
  void subsequenceScores(String term, String name, double score) {
    assertThat(new SearchScore(List.of(term), true, true, 0).of(name))
        .isCloseTo(score, within(1e-9));
  }

  @ParameterizedTest
  @CsvSource({"MARTHA,MARHTA,0.961111", "DIXON,DICKSONX,0.813333", "abc,xyz,0", "a,a,1"})
  void jaroWinkler(String a, String b, double score) {
    assertThat(SearchScore.jaroWinkler(a.codePoints().toArray(), b.codePoints().toArray()))
        .isCloseTo(score, within(1e-6));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "metric_names?fuzz_threshold=101 | invalid fuzz_threshold \"101\": must be 0-100",
        "metric_names?fuzz_alg=x | unsupported fuzz_alg \"x\": must be one of [subsequence"
            + " jarowinkler]",
        "metric_names?sort_by=x | invalid sort_by \"x\" for metric_names: must be \"alpha\" or"
            + " \"score\"",
        "metric_names?sort_dir=asc | sort_dir is only valid when sort_by is set",
        "metric_names?sort_by=score | sort_by=score requires search[] to be set",
        "metric_names?limit=0 | invalid limit \"0\": must be a positive integer",
        "metric_names?limit=10001 | limit 10001 exceeds the configured maximum (10000, see"
            + " --web.search.max-limit)",
        "metric_names?start=2&end=1 | end timestamp must not be before start timestamp",
        "metric_names?include_score=x | invalid include_score \"x\": must be boolean",
        "label_values | missing required parameter \"label\"",
      })
  void badRequests(String path, String error) {
    assertThat(search(path))
        .isEqualTo(
            "400 {\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\""
                + error.replace("\"", "\\\"")
                + "\"}");
  }
}
