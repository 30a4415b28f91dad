@NullMarked
package dev.tethys.collect.database;

import org.jspecify.annotations.NullMarked;
