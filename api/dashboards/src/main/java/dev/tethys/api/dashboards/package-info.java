/** Dashboards: store, files of a folder, and their HTTP API. */
@NullMarked
package dev.tethys.api.dashboards;

import org.jspecify.annotations.NullMarked;
