@NullMarked
package dev.tethys.collect.database.mysql;

import org.jspecify.annotations.NullMarked;
