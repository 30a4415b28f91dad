/** Scraping: targets, the loops that fetch them, and what becomes of their samples. */
@NullMarked
package dev.tethys.collect.scrape;

import org.jspecify.annotations.NullMarked;
