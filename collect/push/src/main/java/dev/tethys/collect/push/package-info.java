/** What jobs push that end before they could be scraped: groups of metrics, on the disk at once. */
@NullMarked
package dev.tethys.collect.push;

import org.jspecify.annotations.NullMarked;
