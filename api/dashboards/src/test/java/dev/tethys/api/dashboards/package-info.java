@NullMarked
package dev.tethys.api.dashboards;

import org.jspecify.annotations.NullMarked;
