@NullMarked
package dev.tethys.collect.database.reader;

import org.jspecify.annotations.NullMarked;
