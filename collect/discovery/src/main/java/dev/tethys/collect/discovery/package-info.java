/** Discovery of scrape targets: each mechanism turns its source into target groups. */
@NullMarked
package dev.tethys.collect.discovery;

import org.jspecify.annotations.NullMarked;
