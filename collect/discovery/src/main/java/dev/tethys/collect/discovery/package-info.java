/** Finds what to scrape: every mechanism turns its source into groups of targets. */
@NullMarked
package dev.tethys.collect.discovery;

import org.jspecify.annotations.NullMarked;
