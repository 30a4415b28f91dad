package dev.tethys.app.server;

import dev.tethys.model.guard.MemoryShare;
import dev.tethys.model.guard.QueryThreads;

/**
 * Memory and threads of the queries of one language.
 *
 * @param memory share of the process's budget
 * @param ofRules share of queries of rules
 * @param threads threads that run client queries
 */
record QueryResources(MemoryShare memory, MemoryShare ofRules, QueryThreads threads) {}
