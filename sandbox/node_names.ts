/**
 * Names that `node:` modules export which are not on the list of allowed ones, so that a stub can have them: a name with a colon is
 * not a function. A test compares the table with the running Deno.
 *
 * A table, because asking the real modules would evaluate them while others load, which aborts Deno 2.9.6.
 *
 * @module
 */

/** Export names by module name. */
export const STUBBED_MODULES: Readonly<Record<string, string>> = {
  "_http_agent": "",
  "_http_common": "",
  "_http_outgoing": "",
  "_http_server": "",
  "_stream_duplex": "",
  "_stream_passthrough": "",
  "_stream_readable": "",
  "_stream_transform": "",
  "_stream_writable": "",
  "_tls_common": "",
  "_tls_wrap": "",
  child_process: "ChildProcess exec execFile execFileSync execSync fork spawn spawnSync",
  cluster:
    "worker: SCHED_NONE: SCHED_RR: Worker _events: _eventsCount: _maxListeners: disconnect fork isMaster: isPrimary: isWorker: schedulingPolicy: settings: setupMaster setupPrimary workers:",
  dgram: "Socket createSocket",
  dns:
    "ADDRCONFIG: ADDRGETNETWORKPARAMS: ALL: BADFAMILY: BADFLAGS: BADHINTS: BADNAME: BADQUERY: BADRESP: BADSTR: CANCELLED: CONNREFUSED: DESTRUCTION: EOF: FILE: FORMERR: LOADIPHLPAPI: NODATA: NOMEM: NONAME: NOTFOUND: NOTIMP: NOTINITIALIZED: REFUSED: Resolver SERVFAIL: TIMEOUT: V4MAPPED: getDefaultResultOrder getServers lookup lookupService promises: resolve resolve4 resolve6 resolveAny resolveCaa resolveCname resolveMx resolveNaptr resolveNs resolvePtr resolveSoa resolveSrv resolveTxt reverse setDefaultResultOrder setServers",
  "dns/promises":
    "ADDRGETNETWORKPARAMS: BADFAMILY: BADFLAGS: BADHINTS: BADNAME: BADQUERY: BADRESP: BADSTR: CANCELLED: CONNREFUSED: DESTRUCTION: EOF: FILE: FORMERR: LOADIPHLPAPI: NODATA: NOMEM: NONAME: NOTFOUND: NOTIMP: NOTINITIALIZED: REFUSED: Resolver SERVFAIL: TIMEOUT: getDefaultResultOrder getServers lookup lookupService resolve resolve4 resolve6 resolveAny resolveCaa resolveCname resolveMx resolveNaptr resolveNs resolvePtr resolveSoa resolveSrv resolveTxt reverse setDefaultResultOrder setServers",
  domain: "Domain _stack: active: create createDomain",
  http:
    "Agent ClientRequest IncomingMessage METHODS: OutgoingMessage STATUS_CODES: Server ServerImpl ServerResponse _connectionListener createServer get globalAgent: maxHeaderSize: request setGlobalProxyFromEnv setMaxIdleHTTPParsers validateHeaderName validateHeaderValue",
  http2:
    "ClientHttp2Session Http2ServerRequest Http2ServerResponse Http2Session Http2Stream ServerHttp2Session addAbortListener connect constants: createSecureServer createServer getDefaultSettings getPackedSettings getUnpackedSettings performServerHandshake sensitiveHeaders:",
  https: "Agent Server createServer get globalAgent: request",
  inspector: "DOMStorage: Network: Session close console: open url waitForDebugger",
  "inspector/promises": "DOMStorage: Network: Session close console: open url waitForDebugger",
  module:
    "_stat getBuiltinModule register wrap Module SourceMap _cache: _extensions: _findPath _initPaths _load _nodeModulePaths _pathCache: _preloadModules _resolveFilename _resolveLookupPaths builtinModules: createRequire findPackageJSON findSourceMap globalPaths: isBuiltin registerHooks runMain stripTypeScriptTypes syncBuiltinESMExports",
  net:
    "BlockList Server Socket SocketAddress Stream _createServerHandle _normalizeArgs connect createConnection createServer getDefaultAutoSelectFamily getDefaultAutoSelectFamilyAttemptTimeout isIP isIPv4 isIPv6 setDefaultAutoSelectFamily setDefaultAutoSelectFamilyAttemptTimeout",
  os:
    "EOL: arch availableParallelism constants: cpus devNull: endianness freemem getPriority homedir hostname loadavg machine networkInterfaces platform release setPriority tmpdir totalmem type uptime userInfo version",
  readline: "Interface clearLine clearScreenDown createInterface cursorTo emitKeypressEvents moveCursor promises:",
  "readline/promises": "Interface Readline createInterface",
  repl: "REPLServer REPL_MODE_SLOPPY: REPL_MODE_STRICT: Recoverable _builtinLibs: builtinModules: start writer",
  sea: "",
  sqlite: "DatabaseSync StatementSync backup constants:",
  sys:
    "MIMEParams MIMEType TextDecoder TextEncoder _extend aborted callbackify convertProcessSignalToExitCode debug debuglog deprecate diff format formatWithOptions getCallSites getSystemErrorMap getSystemErrorMessage getSystemErrorName inherits inspect isArray isDeepStrictEqual log parseArgs parseEnv promisify queryObjects setTraceSigInt stripVTControlCharacters styleText toUSVString transferableAbortController transferableAbortSignal types:",
  test:
    "after afterEach before beforeEach describe expectFailure getTestContext it mock: only run skip suite test todo",
  "test/reporters": "dot junit lcov spec tap",
  tls:
    "CLIENT_RENEG_LIMIT: CLIENT_RENEG_WINDOW: CryptoStream DEFAULT_CIPHERS: DEFAULT_ECDH_CURVE: DEFAULT_MAX_VERSION: DEFAULT_MIN_VERSION: SecurePair Server TLSSocket checkServerIdentity connect convertALPNProtocols createSecureContext createSecurePair createServer getCACertificates getCiphers rootCertificates: setDefaultCACertificates",
  trace_events: "createTracing getEnabledCategories",
  tty: "ReadStream WriteStream isatty",
  v8:
    "DefaultDeserializer DefaultSerializer Deserializer GCProfiler Serializer cachedDataVersionTag deserialize getHeapCodeStatistics getHeapSnapshot getHeapSpaceStatistics getHeapStatistics promiseHooks: queryObjects serialize setFlagsFromString setHeapSnapshotNearHeapLimit startupSnapshot: stopCoverage takeCoverage writeHeapSnapshot",
  vm:
    "Module Script SourceTextModule SyntheticModule compileFunction constants: createContext createScript isContext measureMemory runInContext runInNewContext runInThisContext",
  wasi: "WASI",
  worker_threads:
    "BroadcastChannel MessageChannel MessagePort SHARE_ENV: Worker getEnvironmentData isInternalThread: isMainThread: isMarkedAsUntransferable locks: markAsUncloneable markAsUntransferable moveMessagePortToContext parentPort: postMessageToThread receiveMessageOnPort resourceLimits: setEnvironmentData threadId: threadName: workerData:",
};
