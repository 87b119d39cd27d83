CREATE TABLE IF NOT EXISTS llama_bench (
  build_commit TEXT,
  build_number INTEGER,
  cpu_info TEXT,
  gpu_info TEXT,
  backends TEXT,
  model_filename TEXT,
  model_type TEXT,
  model_size INTEGER,
  model_n_params INTEGER,
  n_batch INTEGER,
  n_ubatch INTEGER,
  n_threads INTEGER,
  cpu_mask TEXT,
  cpu_strict INTEGER,
  poll INTEGER,
  type_k TEXT,
  type_v TEXT,
  n_gpu_layers INTEGER,
  n_cpu_moe INTEGER,
  split_mode TEXT,
  main_gpu INTEGER,
  no_kv_offload INTEGER,
  flash_attn INTEGER,
  tensor_split TEXT,
  tensor_buft_overrides TEXT,
  use_mmap INTEGER,
  load_mode TEXT,
  embeddings INTEGER,
  no_op_offload INTEGER,
  fit_target INTEGER,
  fit_min_ctx INTEGER,
  n_prompt INTEGER,
  n_gen INTEGER,
  n_depth INTEGER,
  test_time TEXT,
  avg_ns INTEGER,
  stddev_ns INTEGER,
  avg_ts REAL,
  stddev_ts REAL
);

INSERT INTO llama_bench (build_commit, build_number, cpu_info, gpu_info, backends, model_filename, model_type, model_size, model_n_params, n_batch, n_ubatch, n_threads, cpu_mask, cpu_strict, poll, type_k, type_v, n_gpu_layers, n_cpu_moe, split_mode, main_gpu, no_kv_offload, flash_attn, tensor_split, tensor_buft_overrides, use_mmap, load_mode, embeddings, no_op_offload, fit_target, fit_min_ctx, n_prompt, n_gen, n_depth, test_time, avg_ns, stddev_ns, avg_ts, stddev_ts) VALUES ('f24588a2', '0', 'A CPU', '', 'CPU', 'ggml-base.bin', 'whisper base', '147951465', '0', '1500', '1500', '4', '0x0', '0', '0', 'f16', 'f16', '0', '0', 'none', '0', '0', '0', '0.00', 'none', '0', 'none', '1', '0', '0', '0', '1500', '0', '0', '2026-01-01T00:00:00Z', '2218320000', '7393756', '676.1938112380848', '2.2493693889894755');
INSERT INTO llama_bench (build_commit, build_number, cpu_info, gpu_info, backends, model_filename, model_type, model_size, model_n_params, n_batch, n_ubatch, n_threads, cpu_mask, cpu_strict, poll, type_k, type_v, n_gpu_layers, n_cpu_moe, split_mode, main_gpu, no_kv_offload, flash_attn, tensor_split, tensor_buft_overrides, use_mmap, load_mode, embeddings, no_op_offload, fit_target, fit_min_ctx, n_prompt, n_gen, n_depth, test_time, avg_ns, stddev_ns, avg_ts, stddev_ts) VALUES ('f24588a2', '0', 'A CPU', '', 'CPU', 'ggml-base.bin', 'whisper base', '147951465', '0', '1', '1', '4', '0x0', '0', '0', 'f16', 'f16', '0', '0', 'none', '0', '0', '0', '0.00', 'none', '0', 'none', '0', '0', '0', '0', '0', '256', '0', '2026-01-01T00:00:00Z', '2218320000', '7393756', '115.40374378463312', '0.38389237572087004');
INSERT INTO llama_bench (build_commit, build_number, cpu_info, gpu_info, backends, model_filename, model_type, model_size, model_n_params, n_batch, n_ubatch, n_threads, cpu_mask, cpu_strict, poll, type_k, type_v, n_gpu_layers, n_cpu_moe, split_mode, main_gpu, no_kv_offload, flash_attn, tensor_split, tensor_buft_overrides, use_mmap, load_mode, embeddings, no_op_offload, fit_target, fit_min_ctx, n_prompt, n_gen, n_depth, test_time, avg_ns, stddev_ns, avg_ts, stddev_ts) VALUES ('f24588a2', '0', 'A CPU', '', 'CPU', 'ggml-base.bin', 'whisper base', '147951465', '0', '5', '5', '4', '0x0', '0', '0', 'f16', 'f16', '0', '0', 'none', '0', '0', '0', '0.00', 'none', '0', 'none', '0', '0', '0', '0', '320', '0', '0', '2026-01-01T00:00:00Z', '1386450000', '4621098', '230.80748756926627', '0.7677847514417414');
INSERT INTO llama_bench (build_commit, build_number, cpu_info, gpu_info, backends, model_filename, model_type, model_size, model_n_params, n_batch, n_ubatch, n_threads, cpu_mask, cpu_strict, poll, type_k, type_v, n_gpu_layers, n_cpu_moe, split_mode, main_gpu, no_kv_offload, flash_attn, tensor_split, tensor_buft_overrides, use_mmap, load_mode, embeddings, no_op_offload, fit_target, fit_min_ctx, n_prompt, n_gen, n_depth, test_time, avg_ns, stddev_ns, avg_ts, stddev_ts) VALUES ('f24588a2', '0', 'A CPU', '', 'CPU', 'ggml-base.bin', 'whisper base', '147951465', '0', '256', '256', '4', '0x0', '0', '0', 'f16', 'f16', '0', '0', 'none', '0', '0', '0', '0.00', 'none', '0', 'none', '0', '0', '0', '0', '256', '0', '0', '2026-01-01T00:00:00Z', '554580000', '1848439', '461.6149751385325', '1.5355695028834802');
INSERT INTO llama_bench (build_commit, build_number, cpu_info, gpu_info, backends, model_filename, model_type, model_size, model_n_params, n_batch, n_ubatch, n_threads, cpu_mask, cpu_strict, poll, type_k, type_v, n_gpu_layers, n_cpu_moe, split_mode, main_gpu, no_kv_offload, flash_attn, tensor_split, tensor_buft_overrides, use_mmap, load_mode, embeddings, no_op_offload, fit_target, fit_min_ctx, n_prompt, n_gen, n_depth, test_time, avg_ns, stddev_ns, avg_ts, stddev_ts) VALUES ('f24588a2', '0', 'A CPU', '', 'CPU', 't.bin', 'whisper tiny (synthetic)', '77691713', '0', '1500', '1500', '4', '0x0', '0', '0', 'f16', 'f16', '0', '0', 'none', '0', '0', '0', '0.00', 'none', '0', 'none', '1', '0', '0', '0', '1500', '0', '0', '2026-01-01T00:00:00Z', '1005230000', '0', '1492.1958158829323', '0.0');
INSERT INTO llama_bench (build_commit, build_number, cpu_info, gpu_info, backends, model_filename, model_type, model_size, model_n_params, n_batch, n_ubatch, n_threads, cpu_mask, cpu_strict, poll, type_k, type_v, n_gpu_layers, n_cpu_moe, split_mode, main_gpu, no_kv_offload, flash_attn, tensor_split, tensor_buft_overrides, use_mmap, load_mode, embeddings, no_op_offload, fit_target, fit_min_ctx, n_prompt, n_gen, n_depth, test_time, avg_ns, stddev_ns, avg_ts, stddev_ts) VALUES ('f24588a2', '0', 'A CPU', '', 'CPU', 't.bin', 'whisper tiny (synthetic)', '77691713', '0', '1', '1', '4', '0x0', '0', '0', 'f16', 'f16', '0', '0', 'none', '0', '0', '0', '0.00', 'none', '0', 'none', '0', '0', '0', '0', '0', '256', '0', '2026-01-01T00:00:00Z', '1005230000', '0', '254.6680859106871', '0.0');
INSERT INTO llama_bench (build_commit, build_number, cpu_info, gpu_info, backends, model_filename, model_type, model_size, model_n_params, n_batch, n_ubatch, n_threads, cpu_mask, cpu_strict, poll, type_k, type_v, n_gpu_layers, n_cpu_moe, split_mode, main_gpu, no_kv_offload, flash_attn, tensor_split, tensor_buft_overrides, use_mmap, load_mode, embeddings, no_op_offload, fit_target, fit_min_ctx, n_prompt, n_gen, n_depth, test_time, avg_ns, stddev_ns, avg_ts, stddev_ts) VALUES ('f24588a2', '0', 'A CPU', '', 'CPU', 't.bin', 'whisper tiny (synthetic)', '77691713', '0', '5', '5', '4', '0x0', '0', '0', 'f16', 'f16', '0', '0', 'none', '0', '0', '0', '0.00', 'none', '0', 'none', '0', '0', '0', '0', '320', '0', '0', '2026-01-01T00:00:00Z', '628268750', '0', '509.3361718213742', '0.0');
INSERT INTO llama_bench (build_commit, build_number, cpu_info, gpu_info, backends, model_filename, model_type, model_size, model_n_params, n_batch, n_ubatch, n_threads, cpu_mask, cpu_strict, poll, type_k, type_v, n_gpu_layers, n_cpu_moe, split_mode, main_gpu, no_kv_offload, flash_attn, tensor_split, tensor_buft_overrides, use_mmap, load_mode, embeddings, no_op_offload, fit_target, fit_min_ctx, n_prompt, n_gen, n_depth, test_time, avg_ns, stddev_ns, avg_ts, stddev_ts) VALUES ('f24588a2', '0', 'A CPU', '', 'CPU', 't.bin', 'whisper tiny (synthetic)', '77691713', '0', '256', '256', '4', '0x0', '0', '0', 'f16', 'f16', '0', '0', 'none', '0', '0', '0', '0.00', 'none', '0', 'none', '0', '0', '0', '0', '256', '0', '0', '2026-01-01T00:00:00Z', '251307500', '0', '1018.6723436427484', '0.0');
