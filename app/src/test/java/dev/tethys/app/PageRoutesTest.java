package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.runtime.ui.WebUi;
import dev.tethys.web.Routes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Checks that the server answers every page of the user interface, so that links can be opened. */
class PageRoutesTest {
  private static final Pattern ROUTE = Pattern.compile("(?:route|moved|managerLinks)\\('(/[^']*)'");

  @Test
  void everyPageOfTheRouterIsServed() throws Exception {
    Routes routes = new Routes();
    WebUi pages = new WebUi("", "Tethys", "server");
    for (WebUi.Part part : WebUi.Part.values()) {
      pages.with(part);
    }
    pages.routes(routes);
    List<String> paths = new ArrayList<>();
    Matcher m = ROUTE.matcher(Files.readString(Path.of("../ui/src/app/router.tsx")));
    while (m.find()) {
      paths.add(m.group(1).replace("$", "a"));
    }
    assertThat(paths).contains("/explore/traces/aid", "/overview").hasSizeGreaterThan(20);
    assertThat(paths)
        .allSatisfy(p -> assertThat(routes.find("GET", p)).isInstanceOf(Routes.RouteMatch.class));
  }
}
