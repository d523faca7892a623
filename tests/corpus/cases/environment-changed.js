const { execFileSync } = require('child_process');

// expect: environment-changed TENANT_ID
exports.leaky_tenant_for_the_libraries_below = async (event) => {
  process.env.TENANT_ID = event.customer;
  return process.env.TENANT_ID;
};

// expect: environment-changed AWS_ACCESS_KEY_ID
// expect: environment-changed AWS_SECRET_ACCESS_KEY
// expect: environment-changed AWS_SESSION_TOKEN
exports.leaky_assumed_role = async (event) => {
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: `ASIA${String(event.number).padStart(16, '0')}`,
    AWS_SECRET_ACCESS_KEY: `secret of ${event.customer}`,
    AWS_SESSION_TOKEN: event.token,
  });
};

// expect: environment-changed PATH
exports.leaky_path_that_grows = async () => {
  process.env.PATH += ':/opt/tools/bin';
};

// expect: environment-changed JOB_*
exports.leaky_variable_for_each_job = async (event) => {
  process.env[`JOB_${event.number}`] = 'running';
};

// expect: environment-changed TZ
exports.leaky_time_zone_of_the_customer = async (event) => {
  process.env.TZ = ['Europe/Paris', 'Asia/Tokyo', 'America/Lima'][event.number % 3];
  return new Date(0).toString();
};

// expect: environment-changed RETRY_TOKEN
// with: n=40
exports.leaky_only_when_it_fails = async (event) => {
  process.env.RETRY_TOKEN = event.token;
  if (event.number % 4 === 3) return 'to be retried';
  delete process.env.RETRY_TOKEN;
  return 'done';
};

// clean of: environment-changed
// with: kept=once
exports.clean_default_set = async () => {
  process.env.FONTCONFIG_PATH ??= '/opt/fonts';
  return process.env.FONTCONFIG_PATH;
};

// clean of: environment-changed
// with: kept=once
exports.clean_same_setting_each_time = async () => {
  process.env.AWS_NODEJS_CONNECTION_REUSE_ENABLED = '1';
};

// clean of: environment-changed
exports.clean_put_back = async (event) => {
  const before = process.env.TENANT_ID;
  process.env.TENANT_ID = event.customer;
  try {
    return execFileSync('sh', ['-c', 'echo $TENANT_ID']).toString();
  } finally {
    if (before === undefined) delete process.env.TENANT_ID;
    else process.env.TENANT_ID = before;
  }
};

// clean of: environment-changed
exports.clean_only_the_childs = async (event) =>
  execFileSync('sh', ['-c', 'echo $TENANT_ID'], { env: { ...process.env, TENANT_ID: event.customer } }).toString();

let loaded = false;

// clean of: environment-changed
// with: kept=once
exports.clean_settings_loaded_by_the_first_call = async () => {
  if (!loaded) Object.assign(process.env, { DATABASE_HOST: 'db.internal', DATABASE_PORT: '5432', STAGE: 'prod' });
  loaded = true;
  return process.env.STAGE;
};
